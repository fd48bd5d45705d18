import Foundation

/// An RRULE of RFC 5545, as far as calendars use it.
struct ICalendarRecurrence {
    private let rule: Calendar.RecurrenceRule

    /// Nil for a rule with a part that is not understood: better one event than wrong ones.
    ///
    /// - Parameters:
    ///   - until: reads the rule's UNTIL.
    ///   - zone: what the repetition keeps its time of day in.
    init?(_ text: String, zone: TimeZone, until: (Substring) -> Date?) {
        var parts: [String: String] = [:]
        for part in text.split(separator: ";") {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { return nil }
            parts[pair[0].uppercased()] = pair[1].uppercased()
        }
        let known: Set = [
            "FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "BYYEARDAY", "BYWEEKNO",
            "BYHOUR", "BYMINUTE", "BYSECOND", "WKST",
        ]
        guard Set(parts.keys).isSubset(of: known), let frequency = Self.frequency(parts["FREQ"]) else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        calendar.firstWeekday = parts["WKST"].flatMap { Self.days.firstIndex(of: $0) }.map { $0 + 1 } ?? 2
        // Four days of the new year make a week of it (ISO 8601).
        calendar.minimumDaysInFirstWeek = 4
        var rule = Calendar.RecurrenceRule(calendar: calendar, frequency: frequency)
        if let interval = parts["INTERVAL"] {
            guard let interval = Int(interval), (1...10_000).contains(interval) else { return nil }
            rule.interval = interval
        }
        if let count = parts["COUNT"] {
            guard let count = Int(count), count > 0 else { return nil }
            rule.end = .afterOccurrences(count)
        } else if let end = parts["UNTIL"] {
            guard let date = until(end[...]) else { return nil }
            rule.end = .afterDate(date)
        }
        do {
            rule.weekdays = try Self.list(parts["BYDAY"], Self.weekday)
            rule.daysOfTheMonth = try Self.list(parts["BYMONTHDAY"]) { Int($0) }
            rule.months = try Self.list(parts["BYMONTH"]) { Int($0).map { Calendar.RecurrenceRule.Month($0) } }
            rule.setPositions = try Self.list(parts["BYSETPOS"]) { Int($0) }
            rule.daysOfTheYear = try Self.list(parts["BYYEARDAY"]) { Int($0) }
            rule.weeks = try Self.list(parts["BYWEEKNO"]) { Int($0) }
            rule.hours = try Self.list(parts["BYHOUR"]) { Int($0) }
            rule.minutes = try Self.list(parts["BYMINUTE"]) { Int($0) }
            rule.seconds = try Self.list(parts["BYSECOND"]) { Int($0) }
        } catch {
            return nil
        }
        self.rule = rule
    }

    /// The starts from the first on, in order: those in `range`, and no more than `limit` of them.
    func starts(from first: Date, in range: Range<Date>, limit: Int) -> [Date] {
        var starts: [Date] = []
        // From the first on: COUNT counts those before the range, too.
        for (number, start) in rule.recurrences(of: first).enumerated() {
            if start >= range.upperBound || starts.count >= limit || number > Self.mostSteps { break }
            if start >= range.lowerBound { starts.append(start) }
        }
        return starts
    }

    /// Past times are walked through, but not for ever.
    private static let mostSteps = 100_000
    private static let days = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"]
    private static let weekdays: [Locale.Weekday] = [
        .sunday, .monday, .tuesday, .wednesday, .thursday, .friday, .saturday,
    ]

    private static func frequency(_ name: String?) -> Calendar.RecurrenceRule.Frequency? {
        switch name {
        case "HOURLY": .hourly
        case "DAILY": .daily
        case "WEEKLY": .weekly
        case "MONTHLY": .monthly
        case "YEARLY": .yearly
        default: nil
        }
    }

    /// `MO`, or `-1FR`: the last Friday.
    private static func weekday(_ text: Substring) -> Calendar.RecurrenceRule.Weekday? {
        guard let index = days.firstIndex(of: String(text.suffix(2))) else { return nil }
        let number = text.dropLast(2)
        if number.isEmpty { return .every(weekdays[index]) }
        return Int(number).map { .nth($0, weekdays[index]) }
    }

    private struct NotUnderstood: Error {}

    private static func list<Value>(_ text: String?, _ value: (Substring) -> Value?) throws -> [Value] {
        try (text ?? "").split(separator: ",").map { part in
            guard let value = value(part) else { throw NotUnderstood() }
            return value
        }
    }
}
