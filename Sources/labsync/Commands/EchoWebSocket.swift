import ArgumentParser
import Foundation
import Logging
import Server
import ServiceLifecycle
import UnixSignals

/// For suites that try websocket servers; see docs/realtime.md.
struct EchoWebSocket: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "echo-websocket",
        abstract: "Send every websocket message back, on 127.0.0.1, to try the protocol with a conformance suite.",
        shouldDisplay: false
    )

    @Option(help: "The port; 0 takes any free one.")
    var port = 0

    func run() async throws {
        var logger = Logger(label: "labsync") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .notice
        let server = EchoServer.application(port: port, logger: logger) { port in
            print("Echoing at ws://127.0.0.1:\(port)")
            fflush(nil)
        }
        try await ServiceGroup(
            services: [server],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        ).run()
    }
}
