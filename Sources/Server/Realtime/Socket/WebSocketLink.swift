import NIOCore

/// A websocket as the rest of the program holds it: sends from any thread, in order.
final class WebSocketLink: Sendable {
    let outbox: Outbox
    let loop: any EventLoop
    private let handler: NIOLoopBound<WebSocketHandler>

    init(_ handler: WebSocketHandler, outbox: Outbox, loop: any EventLoop) {
        self.outbox = outbox
        self.loop = loop
        self.handler = NIOLoopBound(handler, eventLoop: loop)
    }

    func send(_ frame: ByteBuffer) {
        outbox.put([.init(link: self, item: .frame(frame))])
    }

    func close(_ code: UInt16, _ reason: String) {
        outbox.put([.init(link: self, item: .close(code, reason))])
    }

    /// On the socket's event loop.
    func take(_ item: Outbox.Item) { handler.value.take(item) }
    func flush() { handler.value.flush() }
}
