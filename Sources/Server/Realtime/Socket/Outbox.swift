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

    private struct State {
        var waiting: [Parcel] = []
        var isDelivering = false
    }

    private let loop: any EventLoop
    private let state = Mutex(State())

    init(_ loop: any EventLoop) {
        self.loop = loop
    }

    var count: Int { state.withLock { $0.waiting.count } }

    func put(_ parcels: [Parcel]) {
        guard !parcels.isEmpty else { return }
        let wasEmpty = state.withLock { state in
            defer { state.waiting += parcels }
            return state.waiting.isEmpty
        }
        if wasEmpty { loop.execute { self.deliver() } }
    }

    /// On the loop. While it is at it, what comes in waits for the next time: nothing overtakes.
    func deliver() {
        let parcels = state.withLock { state -> [Parcel] in
            guard !state.isDelivering, !state.waiting.isEmpty else { return [] }
            state.isDelivering = true
            defer { state.waiting = [] }
            return state.waiting
        }
        guard !parcels.isEmpty else { return }
        for parcel in parcels { parcel.link.take(parcel.item) }
        for parcel in parcels { parcel.link.flush() }
        state.withLock { $0.isDelivering = false }
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
