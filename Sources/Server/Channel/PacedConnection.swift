import NIOCore
import NIOHTTP1

/// Tells `RequestPace` what a connection reads and writes, and refuses heads that are too large.
enum PacedConnection {
    /// To be called on the channel's event loop, when its HTTP handlers are there.
    static func add(to channel: any Channel) throws {
        let pace = RequestPace()
        let pipeline = channel.pipeline.syncOperations
        let bytes = ByteWatch(pace)
        let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
        try pipeline.addHandler(MessageWatch(pace, bytes), position: .after(decoder))
        try pipeline.addHandler(bytes, position: .first)
    }
}

/// Asks a connection to tell when whoever asked goes away.
struct LeavingWatch: Sendable {
    let leaves: AsyncStream<Void>.Continuation
}

private final class ByteWatch: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private let pace: RequestPace
    private var context: ChannelHandlerContext?
    /// Of the request that is being answered: there is one at a time.
    private var watch: LeavingWatch?
    private var hasLeft = false

    init(_ pace: RequestPace) {
        self.pace = pace
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        pace.start(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        pace.stop()
        leave()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        pace.read(bytes: unwrapInboundIn(data).readableBytes)
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        pace.stop()
        leave()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { leave() }
        context.fireUserInboundEventTriggered(event)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let watch = event as? LeavingWatch else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        self.watch = watch
        if hasLeft { leave() }
        promise?.succeed()
    }

    private func leave() {
        hasLeft = true
        watch?.leaves.finish()
        watch = nil
    }

    func refuse(_ status: HTTPResponseStatus) {
        guard let context else { return }
        Refusal.write(status, to: context)
        context.close(promise: nil)
    }
}

private final class MessageWatch: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let pace: RequestPace
    private let bytes: ByteWatch

    init(_ pace: RequestPace, _ bytes: ByteWatch) {
        self.pace = pace
        self.bytes = bytes
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: pace.headEnded()
        case .body: break
        case .end: pace.bodyEnded()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let part = unwrapOutboundIn(data)
        context.write(data, promise: promise)
        switch part {
        case .head(let head) where head.status == .switchingProtocols:
            pace.handOver()
            // What comes now are no HTTP messages.
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        case .head(let head): if head.status.code >= 200 { pace.answerBegan() }
        case .body: break
        case .end: pace.answerEnded()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard case HTTPParserError.headerOverflow = error else { return context.fireErrorCaught(error) }
        bytes.refuse(.requestHeaderFieldsTooLarge)
    }
}
