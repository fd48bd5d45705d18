import HummingbirdCore
import Logging
import NIOCore

/// HTTP/1.1 whose requests begin on the event loop of their connection; `ThreadMiddleware` says which stay there.
struct LoopBoundChannel: ServerChildChannel {
    /// Bytes of one header and of all, and their number: what browsers and proxies send fits many times.
    private static let limits = HTTP1Channel.Configuration.DecoderConfiguration(
        maxHeaderFieldSize: 16 * 1024,
        maxHeaderListSize: 48 * 1024,
        maxHeaderFieldCount: 200
    )

    private let http: HTTP1Channel

    init(_ responder: @escaping HTTPChannelHandler.Responder) {
        http = HTTP1Channel(
            responder: responder,
            configuration: .init(
                additionalChannelHandlers: [UpgradeHandler()],
                httpDecoderConfiguration: Self.limits
            )
        )
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        http.setup(channel: channel, logger: logger).flatMapThrowing { value in
            try PacedConnection.add(to: channel)
            return value
        }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopExecutor(value.channel.eventLoop)) {
            await http.handle(value: value, logger: logger)
        }
    }
}
