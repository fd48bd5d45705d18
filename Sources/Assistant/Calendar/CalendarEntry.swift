public import Domain
public import Foundation

/// One entry of the lab's calendar, as the asker may read it.
public struct CalendarEntry: Sendable, Equatable {
    public let id: ScheduleID
    public let title: String
    public let description: String?
    public let resource: String?
    public let start: Date
    public let end: Date
    /// Of an entry that lasts whole days `start` and `end` are dates, kept as midnights in UTC.
    public let allDay: Bool
    public let participants: [UserID]
    public let createdBy: UserID?

    public init(
        id: ScheduleID,
        title: String,
        description: String?,
        resource: String?,
        start: Date,
        end: Date,
        allDay: Bool,
        participants: [UserID],
        createdBy: UserID?
    ) {
        self.id = id
        self.title = title
        self.description = description
        self.resource = resource
        self.start = start
        self.end = end
        self.allDay = allDay
        self.participants = participants
        self.createdBy = createdBy
    }

    /// Whose entry it is: who takes part, or, where nobody is named, who made it.
    public var people: [UserID] {
        participants.isEmpty ? [createdBy].compactMap { $0 } : participants
    }
}

/// Names that a question about the calendar may use.
public struct CalendarVocabulary: Sendable {
    public let resources: [String]
    public let people: [UserID: String]

    public init(resources: [String], people: [UserID: String]) {
        self.resources = resources
        self.people = people
    }
}

/// What happened in a span, as far as the asker may see it.
public struct LabActivity: Sendable {
    public struct Discussion: Sendable {
        public let conversation: ConversationID
        public let name: String?
        /// Messages of others in the span.
        public let count: Int
        /// One that says the most, in their own words.
        public let sample: Evidence

        public init(conversation: ConversationID, name: String?, count: Int, sample: Evidence) {
            self.conversation = conversation
            self.name = name
            self.count = count
            self.sample = sample
        }
    }

    /// Newest first.
    public let statuses: [Evidence]
    /// The liveliest first.
    public let discussions: [Discussion]

    public init(statuses: [Evidence], discussions: [Discussion]) {
        self.statuses = statuses
        self.discussions = discussions
    }
}

/// Reads the calendar as the asker.
public protocol CalendarReader: Sendable {
    func vocabulary(for principal: Principal) async throws -> CalendarVocabulary

    /// Entries that overlap a span, by start. Half-open: what ends when the span begins is not in it.
    func entries(in span: DateInterval, for principal: Principal) async throws -> [CalendarEntry]

    /// - Parameter room: only what every member of this conversation may read.
    func activity(in span: DateInterval, room: ConversationID?, for principal: Principal) async throws -> LabActivity
}
