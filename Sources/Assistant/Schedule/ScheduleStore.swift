public import Domain
public import Foundation

/// The lab's calendar: every member sees all of it.
public protocol ScheduleStore: Sendable {
    func schedules(_ filter: ScheduleFilter, _ page: PageRequest, for principal: Principal) async throws -> Page
    func schedule(_ id: ScheduleID, for principal: Principal) async throws -> JSONText
    func create(_ schedule: NewSchedule, _ once: Once?, for principal: Principal) async throws -> Created
    func change(_ id: ScheduleID, _ change: ScheduleChange, for principal: Principal) async throws -> JSONText
    func delete(_ id: ScheduleID, for principal: Principal) async throws
    func add(_ participants: [UserID], to id: ScheduleID, for principal: Principal) async throws -> JSONText
    func remove(_ participant: UserID, from id: ScheduleID, for principal: Principal) async throws
    /// What occupies a resource, or its people, between two times: pairs of start and end, ascending.
    func busy(_ subject: BusySubject, _ span: DateInterval, for principal: Principal) async throws -> [DateInterval]
    /// Events for a calendar feed.
    func events(around now: Date, for principal: Principal) async throws -> [CalendarEvent]
}

public struct ScheduleFilter: Sendable {
    public var from: Date?
    public var until: Date?
    public var resource: String?
    public var participant: UserID?

    public init() {}
}

public enum BusySubject: Sendable {
    case resource(String)
    case people([UserID])
}

public struct NewSchedule: Sendable {
    public let title: String
    public let description: String?
    public let start: Date
    public let end: Date
    public let allDay: Bool
    public let resource: String?
    public let participants: [UserID]

    public init(
        title: String,
        description: String?,
        start: Date,
        end: Date,
        allDay: Bool,
        resource: String?,
        participants: [UserID]
    ) throws {
        try Limits.check(title, "title", Limits.name)
        try Limits.check(description, "description", Limits.content, mayBeBlank: true)
        try Limits.check(resource, "resource", Limits.name)
        try Limits.check(count: participants.count, "participants", Limits.members)
        guard start <= end else { throw Limits.invalid("end_time", "must not be before start_time") }
        self.title = title
        self.description = description
        self.start = start
        self.end = end
        self.allDay = allDay
        self.resource = resource
        self.participants = participants
    }
}

/// Nil leaves a column as it is.
public struct ScheduleChange: Sendable {
    public var title: String?
    public var description: String?
    public var start: Date?
    public var end: Date?
    public var allDay: Bool?
    public var resource: String?
    /// Replaces all of them.
    public var participants: [UserID]?

    public init() {}

    public func check() throws {
        try Limits.check(title, "title", Limits.name)
        try Limits.check(description, "description", Limits.content, mayBeBlank: true)
        try Limits.check(resource, "resource", Limits.name)
        try Limits.check(count: participants?.count ?? 0, "participants", Limits.members)
        if let start, let end, end < start { throw Limits.invalid("end_time", "must not be before start_time") }
    }
}
