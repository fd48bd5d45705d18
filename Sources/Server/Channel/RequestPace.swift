import NIOCore
import NIOHTTP1

/// Closes connections whose requests come too slowly: a head that is not complete in time, a body that trickles, and
/// silence between requests.
///
/// Bound to its connection's event loop. Only a deadline is noted for each request; a timer looks at it now and then.
final class RequestPace {
    static let head: TimeAmount = .seconds(10)
    private static let silence: TimeAmount = .seconds(75)
    /// A body has to bring so many bytes in every such time.
    private static let leastBytes = 1000
    private static let window: TimeAmount = .seconds(20)
    private static let tick: TimeAmount = .seconds(2)

    private enum Phase {
        case waiting
        case head
        case body
        case answering
        case handedOver
    }

    private var phase = Phase.waiting
    private var deadline = NIODeadline.now() + head
    private var received = 0
    private var unanswered = 0
    private var hasBegunAnswer = false
    private var timer: Scheduled<Void>?

    func start(_ context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: Self.tick) { self.look(context) }
    }

    func stop() {
        timer?.cancel()
        timer = nil
    }

    func read(bytes: Int) {
        received += bytes
        guard phase == .waiting else { return }
        phase = .head
        deadline = .now() + Self.head
    }

    func headEnded() {
        phase = .body
        unanswered += 1
        hasBegunAnswer = false
        received = 0
        deadline = .now() + Self.window
    }

    func bodyEnded() {
        guard phase == .body else { return }
        unanswered > 0 ? answer() : wait()
    }

    func answerBegan() { hasBegunAnswer = true }

    func answerEnded() {
        unanswered -= 1
        if unanswered == 0, phase == .answering { wait() }
    }

    /// The connection speaks another protocol from now on.
    func handOver() {
        phase = .handedOver
        stop()
    }

    private func answer() {
        phase = .answering
        deadline = .distantFuture
    }

    private func wait() {
        phase = .waiting
        deadline = .now() + Self.silence
    }

    private func look(_ context: ChannelHandlerContext) {
        timer = nil
        guard phase != .handedOver else { return }
        if deadline <= .now() {
            guard phase == .body, received >= Self.leastBytes else { return close(context) }
            received = 0
            deadline = .now() + Self.window
        }
        start(context)
    }

    private func close(_ context: ChannelHandlerContext) {
        if phase == .head || phase == .body && !hasBegunAnswer {
            Refusal.write(.requestTimeout, to: context)
        }
        context.close(promise: nil)
    }
}

/// An answer to what is no request yet, written past all that would make one of it.
enum Refusal {
    static func write(_ status: HTTPResponseStatus, to context: ChannelHandlerContext) {
        let text = "HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        context.writeAndFlush(NIOAny(context.channel.allocator.buffer(string: text)), promise: nil)
    }
}
