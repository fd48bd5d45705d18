import NIOCore
import NIOWebSocket

/// Who is at our end of a websocket. Called on the socket's event loop only.
protocol WebSocketPeer: AnyObject {
    func opened(_ link: WebSocketLink)
    func received(text: [UInt8])
    func received(binary: [UInt8])
    func closed()
}

/// One websocket after its handshake: messages in, ready frames out, and the manners of RFC 6455 in between.
final class WebSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = ByteBuffer

    struct Limits: Sendable {
        /// Bytes of a message that comes in.
        let largestMessage: Int
        /// Bytes that may wait for a reader beyond what the system takes; one frame more, and the socket is closed.
        let largestBacklog: Int
        /// Without a word from the client for so long, the socket is closed.
        let silence: TimeAmount
        /// What a client is told when the server goes down, so that it connects again.
        let restart: UInt16
        /// What is left to a client that is told goodbye.
        var farewell: TimeAmount = .seconds(2)
    }

    private enum State {
        case open
        /// A close frame was sent; nothing is after it.
        case closing
        case closed
    }

    private let limits: Limits
    private let outbox: Outbox
    private var peer: (any WebSocketPeer)?
    private var assembler: MessageAssembler
    private var state = State.open
    private var context: ChannelHandlerContext?
    private var lastHeard = NIODeadline.now()
    private var hasUnflushed = false

    init(peer: any WebSocketPeer, outbox: Outbox, limits: Limits) {
        self.peer = peer
        self.outbox = outbox
        self.limits = limits
        assembler = MessageAssembler(largestMessage: limits.largestMessage)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        peer?.opened(WebSocketLink(self, outbox: outbox, loop: context.eventLoop))
        watch(for: limits.silence)
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastHeard = .now()
        guard state == .open || state == .closing else { return }
        let frame = unwrapInboundIn(data)
        do throws(MessageAssembler.Violation) {
            switch try assembler.take(frame) {
            case .close(let code): answerClose(code, context)
            case _ where state == .closing: break
            case .text(let text): peer?.received(text: text)
            case .binary(let bytes): peer?.received(binary: bytes)
            case .ping(let payload):
                take(.frame(FrameBytes.frame(.pong, payload)))
                flush()
            case .nothing: break
            }
        } catch {
            close(error.code, error.reason, isLast: frame.opcode == .connectionClose)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: close(limits.restart, "the server restarts")
        case ChannelEvent.inputClosed: context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case NIOWebSocketError.invalidFrameLength:
            close(CloseCode.tooBig, "a message has at most \(limits.largestMessage) bytes")
        // Where the next frame begins is not known: no answer will be understood.
        case is NIOWebSocketError: close(CloseCode.protocolError, "a malformed frame", isLast: true)
        // The rest of what was refused. It is read and dropped: a socket that is closed with bytes unread is reset, and
        // the client would not learn why.
        case is ByteToMessageDecoderError where state == .closing: break
        default: context.close(promise: nil)
        }
    }

    // MARK: Out

    func take(_ item: Outbox.Item) {
        guard state == .open, let context else { return }
        switch item {
        case .frame(let frame):
            if !context.channel.isWritable { context.flush() }
            if !context.channel.isWritable, backlog(context) > limits.largestBacklog {
                close(CloseCode.tryAgainLater, "what was sent is not read fast enough")
            } else {
                context.write(wrapOutboundOut(frame), promise: nil)
                hasUnflushed = true
            }
        case .close(let code, let reason): close(code, reason)
        }
    }

    func flush() {
        guard hasUnflushed, let context else { return }
        hasUnflushed = false
        context.flush()
    }

    private func backlog(_ context: ChannelHandlerContext) -> Int {
        // A channel that cannot say is one that is closed.
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    /// Says goodbye, and hangs up when the client does or has had its time.
    ///
    /// - Parameter isLast: no answer is to come; nothing more is sent, and the client is shown so.
    private func close(_ code: UInt16, _ reason: String, isLast: Bool = false) {
        sayGoodbye(FrameBytes.close(code, reason), isLast: isLast)
    }

    private func answerClose(_ code: UInt16?, _ context: ChannelHandlerContext) {
        guard state == .open else { return context.close(promise: nil) }
        sayGoodbye(code.map { FrameBytes.close($0, "") } ?? FrameBytes.frame(.close, []), isLast: true)
    }

    private func sayGoodbye(_ frame: ByteBuffer, isLast: Bool) {
        // What was sent before goes out before.
        if state == .open { outbox.deliver() }
        guard state == .open, let context else { return }
        state = .closing
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
        // The client sees the end behind the frame, and ends its own half.
        if isLast { context.close(mode: .output, promise: nil) }
        context.eventLoop.assumeIsolated().scheduleTask(in: limits.farewell) { [weak self] in
            self?.context?.close(promise: nil)
        }
        leave()
    }

    private func watch(for time: TimeAmount) {
        context?.eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in
            guard let self, state == .open else { return }
            let rest = lastHeard + limits.silence - .now()
            if rest > .nanoseconds(0) {
                watch(for: rest)
            } else {
                close(CloseCode.normal, "nothing was heard for too long")
            }
        }
    }

    private func leave() {
        peer?.closed()
        peer = nil
    }

    private func end() {
        state = .closed
        leave()
        context = nil
    }
}
