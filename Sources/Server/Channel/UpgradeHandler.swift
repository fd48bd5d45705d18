import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Lets an ordinary route answer 101: the answer leaves as HTTP, after all middleware, and then the codecs of HTTP make
/// way for the handlers that the route prepared.
final class UpgradeHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private var makeHandlers: (@Sendable () -> [any ChannelHandler])?
    /// The parser reads nothing after a request with an `Upgrade`, so that such a connection is closed unless it switches.
    private var wasAsked = false
    private var isSwitching = false

    func prepare(_ makeHandlers: @escaping @Sendable () -> [any ChannelHandler]) {
        self.makeHandlers = makeHandlers
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = unwrapInboundIn(data), head.headerFields[.upgrade] != nil { wasAsked = true }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard wasAsked else { return context.write(data, promise: promise) }
        switch unwrapOutboundIn(data) {
        case .head(var head):
            isSwitching = head.status.code == 101 && makeHandlers != nil
            if !isSwitching { head.headerFields[.connection] = "close" }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            let written = promise ?? context.eventLoop.makePromise()
            context.write(data, promise: written)
            written.futureResult.assumeIsolated().whenComplete { _ in
                if self.isSwitching { self.switchOver(context) } else { context.close(promise: nil) }
            }
        }
    }

    private func switchOver(_ context: ChannelHandlerContext) {
        guard let handlers = makeHandlers?() else { return }
        makeHandlers = nil
        let pipeline = context.pipeline.syncOperations
        do {
            try pipeline.addHandlers(handlers, position: .before(self))
            for codec in [
                try pipeline.context(handlerType: HTTPResponseEncoder.self),
                try pipeline.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self),
                try pipeline.context(handlerType: HTTP1ToHTTPServerCodec.self),
                try pipeline.context(handlerType: HTTPConnectionStateHandler.self),
                context,
            ] {
                pipeline.removeHandler(context: codec, promise: nil)
            }
        } catch {
            context.close(promise: nil)
        }
    }
}

extension Channel {
    /// What the connection speaks once the request under way is answered with 101.
    func prepareUpgrade(_ makeHandlers: @escaping @Sendable () -> [any ChannelHandler]) async throws {
        try await eventLoop.submit { [self] in
            try pipeline.syncOperations.handler(type: UpgradeHandler.self).prepare(makeHandlers)
        }.get()
    }
}
