import Foundation
import Logging
import Server
import ServiceLifecycle
import UnixSignals

/// Sends every websocket message back on a free port of 127.0.0.1, for suites that try a websocket server against RFC 6455.
@main
struct EchoWebSocket {
    static func main() async throws {
        var logger = Logger(label: "echo") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .notice
        let server = EchoServer.application(port: 0, logger: logger) { port in
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
