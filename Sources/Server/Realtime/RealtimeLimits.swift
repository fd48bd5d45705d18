/// What realtime connections may ask of a server.
public struct RealtimeLimits: Sendable {
    public var sockets = 10_000
    public var socketsPerUser = 200
    public var channelsPerSocket = 100
    /// Messages that a socket may send a second, with a burst of ten times as many.
    public var messagesPerSecond = 100
    /// Bytes of a message that comes in.
    public var largestMessage = 1_000_000
    /// Bytes that may wait for a socket whose client does not read.
    public var largestBacklog = 262_144
    /// Changes that are kept for who comes back, at most.
    public var keptChanges = 10_000

    /// Bytes of a broadcast's payload, so that its frame stays below what clients take.
    static let largestBroadcast = 900_000
    /// Bytes of what somebody is told who comes back; beyond that they are to read anew.
    static let largestReplay = 2 << 20
    /// Changes that may wait for a reader of server-sent events.
    static let waitingEvents = 1_000
    /// Bytes of what somebody shows of themselves.
    static let largestPresence = 8_192
    static let bindingsPerChannel = 100
    /// Messages that wait while a token is looked at.
    static let waitingMessages = 200
    /// Seconds of silence after which a socket is closed.
    static let silence: Int64 = 60

    public init() {}
}
