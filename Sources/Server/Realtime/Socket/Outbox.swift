import NIOCore
import Synchronization

/// What is on its way to the sockets of one event loop, handed over together: the busier the loop, the more goes out with
/// each flush.
final class Outbox: Sendable {
    enum Item: Sendable {
        case frame(ByteBuffer)
        case close(UInt16, String)
    }

    struct Parcel: Sendable {
        let link: WebSocketLink
        let item: Item
    }

    private let loop: any EventLoop
    private let waiting = Mutex<[Parcel]>([])

    init(_ loop: any EventLoop) {
        self.loop = loop
    }

    var count: Int { waiting.withLock { $0.count } }

    func put(_ parcels: [Parcel]) {
        guard !parcels.isEmpty else { return }
        let wasEmpty = waiting.withLock { waiting in
            defer { waiting += parcels }
            return waiting.isEmpty
        }
        if wasEmpty { loop.execute { self.deliver() } }
    }

    private func deliver() {
        let parcels = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for parcel in parcels { parcel.link.take(parcel.item) }
        for parcel in parcels { parcel.link.flush() }
    }
}

/// The outboxes of a server's event loops.
final class Outboxes: Sendable {
    private let byLoop = Mutex<[ObjectIdentifier: Outbox]>([:])

    func of(_ loop: any EventLoop) -> Outbox {
        byLoop.withLock { byLoop in
            if let outbox = byLoop[ObjectIdentifier(loop)] { return outbox }
            let outbox = Outbox(loop)
            byLoop[ObjectIdentifier(loop)] = outbox
            return outbox
        }
    }

    /// How much waits on the loop that is furthest behind.
    var longest: Int { byLoop.withLock { $0.values.map(\.count).max() ?? 0 } }
}
