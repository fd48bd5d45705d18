import Assistant
import Domain
import NIOCore

/// Who is connected, to what, and who may hear what: decides what is sent to whom, and sends nothing itself.
struct RealtimeState: Sendable {
    var sockets: [SocketEntry.Key: SocketEntry] = [:]
    var socketsByUser: [UserID: Int] = [:]
    var channels: [RealtimeChannel.Key: RealtimeChannel] = [:]
    var topics: [TopicName: Topic] = [:]
    var followed: [Int: FollowedChanges] = [:]
    var numbers: [ChangeSubscription: Int] = [:]
    /// Nil while the change feed is not followed: then nobody's rights are known.
    var audience: LabAudience?
    var shapes: [RealtimeTable: TableShape] = [:]
    /// For those who come back. Nil until commits are followed.
    var window: ReplayWindow?
    /// Behind everything that was told.
    var position = ReplayWindow.Position(commit: 0, index: 0)
    let keptChanges: Int
    private var postings = Postings()
    /// Tells references of this run from those that clients remember of an earlier one.
    let epoch = String(UInt32.random(in: 0...UInt32.max), radix: 36) + "-"
    private var lastKey: UInt64 = 0
    var lastNumber = 0

    init(keptChanges: Int) {
        self.keptChanges = keptChanges
    }

    mutating func nextKey() -> UInt64 {
        lastKey += 1
        return lastKey
    }

    mutating func send(_ frame: ByteBuffer, _ line: Line) {
        postings.add(.frame(frame), line)
    }

    mutating func hangUp(_ line: Line, _ code: UInt16, _ reason: String) {
        postings.add(.close(code, reason), line)
    }

    /// What is to be sent, once.
    mutating func takePostings() -> Postings {
        defer { postings = Postings() }
        return postings
    }

    // MARK: Sockets

    /// Why somebody may not connect once more; nil when they may.
    func crowding(of user: UserID, _ limits: RealtimeLimits) -> String? {
        if sockets.count >= limits.sockets { return "Too many connected users" }
        if socketsByUser[user] ?? 0 >= limits.socketsPerUser { return "Too many connections of one user" }
        return nil
    }

    mutating func open(_ line: Line, _ token: VerifiedToken) -> SocketEntry.Key {
        let key = nextKey()
        sockets[key] = SocketEntry(line: line, token: token)
        socketsByUser[token.principal.user, default: 0] += 1
        return key
    }

    mutating func close(_ socket: SocketEntry.Key) {
        guard let entry = sockets[socket] else { return }
        for channel in entry.channels { remove(channel) }
        sockets[socket] = nil
        let user = entry.token.principal.user
        let rest = (socketsByUser[user] ?? 1) - 1
        socketsByUser[user] = rest == 0 ? nil : rest
    }

    // MARK: Channels

    mutating func add(_ channel: RealtimeChannel) -> RealtimeChannel.Key {
        let key = nextKey()
        channels[key] = channel
        sockets[channel.socket]?.channels.insert(key)
        topics[channel.topic, default: Topic()].channels.insert(key)
        follow(channel.subscriptions, as: channel.user, key)
        return key
    }

    /// Forgets a channel, and tells the others when somebody was present by it.
    mutating func remove(_ key: RealtimeChannel.Key) {
        guard let channel = channels[key] else { return }
        untrack(key)
        channels[key] = nil
        sockets[channel.socket]?.channels.remove(key)
        topics[channel.topic]?.channels.remove(key)
        if topics[channel.topic]?.channels.isEmpty == true { topics[channel.topic] = nil }
        unfollow(channel.subscriptions, as: channel.user, key)
    }

    /// Ends a channel for good: its client does not join again by itself.
    mutating func end(_ key: RealtimeChannel.Key, because reason: String) {
        guard let channel = channels[key] else { return }
        let addressee = channel.addressee
        remove(key)
        guard addressee.version != .events else { return hangUp(channel.line, CloseCode.policy, reason) }
        send(addressee.system("system", isError: true, reason, channel: channel.topic.name), channel.line)
        send(addressee.frame("phx_close", Array("{}".utf8)), channel.line)
    }

    /// Ends a channel whose client is to join again.
    mutating func fail(_ key: RealtimeChannel.Key) {
        guard let channel = channels[key] else { return }
        remove(key)
        guard channel.addressee.version != .events else {
            return hangUp(channel.line, CloseCode.tryAgainLater, "changes were missed")
        }
        send(channel.addressee.frame("phx_error", Array("{}".utf8)), channel.line)
    }

    func mayHear(_ channel: RealtimeChannel) -> Bool {
        guard channel.topic.isPrivate else { return true }
        guard let right = channel.right, let audience else { return false }
        return audience.admits(channel.user, to: right)
    }

    // MARK: Subscriptions

    /// The number of a subscription, the same for all who ask alike; never zero.
    mutating func number(_ subscription: ChangeSubscription) -> Int {
        if let number = numbers[subscription] { return number }
        lastNumber += 1
        numbers[subscription] = lastNumber
        followed[lastNumber] = FollowedChanges(id: lastNumber, subscription: subscription)
        return lastNumber
    }

    mutating func follow(_ subscriptions: [Int], as user: UserID, _ key: RealtimeChannel.Key) {
        for number in subscriptions { followed[number]?.followers[user, default: []].insert(key) }
    }

    /// - Parameter keepingEmpty: numbers that are taken up again at once.
    mutating func unfollow(
        _ subscriptions: [Int],
        as user: UserID,
        _ key: RealtimeChannel.Key,
        keepingEmpty: Bool = false
    ) {
        for number in subscriptions {
            guard followed[number] != nil else { continue }
            followed[number]?.followers[user]?.remove(key)
            if followed[number]?.followers[user]?.isEmpty == true { followed[number]?.followers[user] = nil }
            if !keepingEmpty, followed[number]?.followers.isEmpty == true,
                let empty = followed.removeValue(forKey: number)
            {
                numbers[empty.subscription] = nil
            }
        }
    }

    // MARK: Credentials

    /// Ends what was shown a credential that is no good any more.
    mutating func end(because reason: String, where isEnded: (VerifiedToken) -> Bool) {
        for (key, channel) in channels where isEnded(channel.token) { end(key, because: reason) }
        for entry in sockets.values where isEnded(entry.token) { hangUp(entry.line, CloseCode.policy, reason) }
    }
}
