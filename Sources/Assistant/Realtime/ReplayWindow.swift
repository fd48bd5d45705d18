public import Domain

/// The changes of the last while, so that who was away for a moment gets what they missed.
public struct ReplayWindow: Sendable {
    /// A place between two changes: a commit, and how many of its changes came before.
    public struct Position: Comparable, Sendable, CustomStringConvertible {
        public let commit: UInt64
        public let index: Int

        public init(commit: UInt64, index: Int) {
            self.commit = commit
            self.index = index
        }

        /// PostgreSQL's way to write a place in its log, and the index: `0/16B3748.2`.
        public init?(_ text: String) {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            let halves = parts.first?.split(separator: "/", omittingEmptySubsequences: false) ?? []
            guard parts.count == 2, halves.count == 2, let high = UInt64(halves[0], radix: 16),
                let low = UInt64(halves[1], radix: 16), high <= UInt32.max, low <= UInt32.max,
                let index = Int(parts[1]), index >= 0
            else { return nil }
            self.init(commit: high << 32 | low, index: index)
        }

        public var description: String {
            let (high, low) = (String(commit >> 32, radix: 16), String(commit & 0xffff_ffff, radix: 16))
            return "\(high)/\(low).\(index)".uppercased()
        }

        public static func < (left: Position, right: Position) -> Bool {
            (left.commit, left.index) < (right.commit, right.index)
        }
    }

    public struct Entry: Sendable {
        public let position: Position
        /// Microseconds since 1970.
        public let time: Int64
        public let change: ScopedChange

        public init(position: Position, time: Int64, change: ScopedChange) {
            self.position = position
            self.time = time
            self.change = change
        }
    }

    private let capacity: Int
    private var entries: [Entry] = []
    private var first = 0
    /// Everything after this is here.
    private var complete: Position
    /// When somebody's grants last changed: what came before was decided by others than they hold now.
    private var grantsChanged: [UserID: UInt64] = [:]

    public init(capacity: Int, after position: UInt64) {
        self.capacity = capacity
        complete = Position(commit: position, index: .max)
    }

    public mutating func note(grantsOf users: some Sequence<UserID>, changedAt commit: UInt64) {
        for user in users { grantsChanged[user] = commit }
    }

    public mutating func append(_ entry: Entry) {
        guard capacity > 0 else {
            complete = entry.position
            return
        }
        if entries.count < capacity {
            entries.append(entry)
        } else {
            complete = entries[first].position
            entries[first] = entry
            first = (first + 1) % capacity
        }
    }

    /// Forgets everything up to a commit whose changes are not all known.
    public mutating func restart(after commit: UInt64) {
        (entries, first, complete) = ([], 0, Position(commit: commit, index: .max))
    }

    /// What came after a position; nil when not all of it is known, or not known to be theirs.
    public func entries(after position: Position, for user: UserID) -> [Entry]? {
        guard position >= complete, grantsChanged[user].map({ $0 < position.commit }) ?? true else { return nil }
        return (entries[first...] + entries[..<first]).filter { $0.position > position }
    }
}
