import Assistant
import Domain
import NIOCore

/// Following changes without a websocket.
extension RealtimeState {
    /// One table of a stream, and which of its rows.
    struct Wanted {
        let table: RealtimeTable
        var filter = ""
    }

    /// Tells a line of changes from now on, and of those that it missed since a position.
    ///
    /// - Returns: nil while no changes can be told.
    mutating func follow(
        _ wanted: [Wanted],
        on line: EventLine,
        as token: VerifiedToken,
        after last: ReplayWindow.Position?
    ) throws(RowFilter.Malformed) -> SocketEntry.Key? {
        guard audience != nil else { return nil }
        var subscriptions: [ChangeSubscription] = []
        for one in wanted {
            guard let shape = shapes[one.table] else { return nil }
            let filter = one.filter.isEmpty ? nil : try RowFilter(one.filter, on: shape)
            subscriptions.append(ChangeSubscription(event: nil, table: one.table, filter: filter, columns: nil))
        }
        let key = open(.events(line), token)
        let channel = RealtimeChannel(
            socket: key,
            line: .events(line),
            addressee: Addressee(.events, topic: "", joinRef: []),
            topic: TopicName(name: "events \(key)", isPrivate: false),
            right: nil,
            hearsItself: false,
            presenceKey: "",
            hasPresence: false,
            token: token,
            subscriptions: subscriptions.map { number($0) }
        )
        _ = add(channel)
        let replay: [ByteBuffer]? = if let last { missed(by: channel, after: last) } else { nil }
        let resumed = replay != nil
        send(
            ByteBuffer(string: "id: \(position)\nevent: ready\ndata: {\"resumed\":\(resumed)}\n\n"),
            channel.line
        )
        for event in replay ?? [] { send(event, channel.line) }
        return key
    }
}
