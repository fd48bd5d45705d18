/// What one row became: without an old row an insert, without a new one a delete.
public struct RowChange: Sendable {
    public let old: FeedRow?
    public let new: FeedRow?

    /// - Precondition: at least one of the two is there.
    public init(old: FeedRow?, new: FeedRow?) {
        precondition(old != nil || new != nil)
        self.old = old
        self.new = new
    }

    public var table: String { new?.shape.name ?? old?.shape.name ?? "" }
}

/// A transaction in the order of commits, which is the order of `position`.
public struct CommittedTransaction: Sendable {
    /// Where its commit stands in the write-ahead log.
    public let position: UInt64
    /// Microseconds since 1970.
    public let time: Int64
    public let changes: [RowChange]
    /// Changes of content were left out, since there were too many to hold; what decides about audiences never is.
    public let isCut: Bool

    public init(position: UInt64, time: Int64, changes: [RowChange], isCut: Bool) {
        self.position = position
        self.time = time
        self.changes = changes
        self.isCut = isCut
    }
}

/// What there was at one moment, before the first transaction that is told.
public struct FeedStart: Sendable {
    public let position: UInt64
    public let audience: LabAudience
    /// The tables that can be subscribed to.
    public let shapes: [TableShape]

    public init(position: UInt64, audience: LabAudience, shapes: [TableShape]) {
        self.position = position
        self.audience = audience
        self.shapes = shapes
    }
}

/// Hears of every transaction, in commit order.
public protocol CommitListener: Sendable {
    /// The feed begins, or begins anew after a gap: what was committed in between is in `start` and is not told.
    func begin(_ start: FeedStart) async
    func committed(_ transaction: CommittedTransaction) async
    /// The feed broke; `begin` follows when it is back.
    func interrupted() async
}
