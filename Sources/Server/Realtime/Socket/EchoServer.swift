public import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import NIOWebSocket
public import ServiceLifecycle

/// Sends every message back, over the same handshake, frames and connection as realtime: what suites that try a websocket
/// server against RFC 6455 talk to.
public enum EchoServer {
    private static let limits = WebSocketHandler.Limits(
        largestMessage: 17 << 20,
        largestBacklog: 64 << 20,
        silence: .seconds(60),
        restart: CloseCode.goingAway
    )

    /// - Parameter onReady: told the port that it really listens on.
    public static func application(
        port: Int,
        logger: Logger,
        onReady: @escaping @Sendable (Int) async -> Void
    ) -> some ApplicationProtocol & Service {
        let router = Router(context: LabsyncContext.self)
        let outboxes = Outboxes()
        router.get("/") { request, context -> Response in
            guard let handshake = try? Handshake(request) else { return Response(status: .upgradeRequired) }
            let loop = context.channel.eventLoop
            try await context.channel.prepareUpgrade {
                [
                    ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: limits.largestMessage)),
                    WebSocketHandler(peer: Echo(), outbox: outboxes.of(loop), limits: limits),
                ]
            }
            return handshake.response
        }
        return Application(
            router: router,
            server: HTTPServerBuilder { LoopBoundChannel($0) },
            configuration: .init(address: .hostname("127.0.0.1", port: port), serverName: nil),
            onServerRunning: { channel in await onReady(channel.localAddress?.port ?? port) },
            logger: logger
        )
    }
}

private final class Echo: WebSocketPeer {
    private var link: WebSocketLink?

    func opened(_ link: WebSocketLink) { self.link = link }
    func received(text: [UInt8]) { link?.send(FrameBytes.frame(.text, text)) }
    func received(binary: [UInt8]) { link?.send(FrameBytes.frame(.binary, binary)) }
    func closed() { link = nil }
}
