import NIOCore

/// Where somebody hears what they are told.
enum Line: Sendable {
    case socket(WebSocketLink)
    case events(EventLine)
}

/// Server-sent events on their way to one reader; who does not read them in time is cut off.
final class EventLine: Sendable {
    let events: AsyncStream<ByteBuffer>
    private let continuation: AsyncStream<ByteBuffer>.Continuation

    /// - Parameter limit: events that may wait.
    init(limit: Int) {
        (events, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(limit))
    }

    func take(_ item: Outbox.Item) {
        switch item {
        case .frame(let event): if case .dropped = continuation.yield(event) { continuation.finish() }
        case .close: continuation.finish()
        }
    }

    func finish() { continuation.finish() }
}

/// What comes of one decision, in order.
struct Postings: Sendable {
    private var parcels: [Outbox.Parcel] = []
    private var events: [(line: EventLine, item: Outbox.Item)] = []

    mutating func add(_ item: Outbox.Item, _ line: Line) {
        switch line {
        case .socket(let link): parcels.append(.init(link: link, item: item))
        case .events(let line): events.append((line, item))
        }
    }

    func post() {
        for (line, item) in events { line.take(item) }
        guard let first = parcels.first else { return }
        guard parcels.count > 1 else { return first.link.outbox.put(parcels) }
        let byOutbox = Dictionary(grouping: parcels) { ObjectIdentifier($0.link.outbox) }
        for group in byOutbox.values { group.first?.link.outbox.put(group) }
    }
}
