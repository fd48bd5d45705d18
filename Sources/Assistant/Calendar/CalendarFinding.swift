package import Domain
package import Foundation

/// What the calendar says to a question, before it is put into words.
package enum CalendarFinding: Equatable, Sendable {
    package struct Availability: Equatable, Sendable {
        /// A resource, or nil for people.
        package let resource: String?
        package let free: [DateInterval]
        /// Entries that take it up in the span asked for.
        package let busy: [ScheduleID]
    }

    /// In the span; of a moment `free` is empty or the moment itself.
    case availability([Availability])
    /// The first gap of each resource, or of the people together.
    case nextGap([Availability])
    case entries([ScheduleID])
    /// Pairs, each in order of start.
    case clashes([[ScheduleID]])
    case missed(DateInterval)
}
