/// An event of a calendar with all the times it takes place; without any it was called off.
public struct ImportedEvent: Sendable, Equatable {
    /// What the calendar knows it by, whatever changes about it.
    public let uid: String
    public let occurrences: [ImportRecord.Schedule]

    package init(uid: String, occurrences: [ImportRecord.Schedule]) {
        self.uid = uid
        self.occurrences = occurrences
    }
}

/// What a calendar changed in the schedule.
public struct CalendarChanges: Sendable, Equatable {
    public var added = 0
    public var changed = 0
    public var removed = 0

    public init(added: Int = 0, changed: Int = 0, removed: Int = 0) {
        self.added = added
        self.changed = changed
        self.removed = removed
    }

    mutating func add(_ other: CalendarChanges) {
        added += other.added
        changed += other.changed
        removed += other.removed
    }
}

/// Takes calendars in.
public protocol CalendarSink: Sendable {
    /// Makes the schedule hold of each event just what is given, in one transaction. A batch names each event once.
    func store(_ events: [ImportedEvent]) async throws -> CalendarChanges
}
