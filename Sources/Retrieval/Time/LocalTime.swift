package import Foundation

/// Days and clock times of one time zone, whose days need not have 24 hours.
package struct LocalTime: Sendable {
    package let timeZone: TimeZone
    /// 0 is Monday.
    package let firstWeekday: Int
    private let calendar: Calendar

    package init(_ timeZone: TimeZone, firstWeekday: Int = 0) {
        self.timeZone = timeZone
        self.firstWeekday = firstWeekday
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        self.calendar = calendar
    }

    /// Days since 1970-01-01 of the date that the clocks on the wall show.
    package func day(of date: Date) -> Int {
        let parts = calendar.dateComponents([.year, .month, .day], from: date)
        return Self.day(year: parts.year ?? 1970, month: parts.month ?? 1, day: parts.day ?? 1)
    }

    /// When a day begins; not always at midnight.
    package func start(of day: Int) -> Date {
        calendar.startOfDay(for: noon(of: day))
    }

    /// A clock time; one that is skipped when clocks go forward is taken as the moment after the gap.
    package func date(_ day: Int, minute: Int) -> Date {
        guard minute > 0 else { return start(of: day) }
        guard minute < 24 * 60 else { return start(of: day + 1) }
        return calendar.date(bySettingHour: minute / 60, minute: minute % 60, second: 0, of: noon(of: day))
            ?? start(of: day).addingTimeInterval(TimeInterval(minute * 60))
    }

    package func span(_ days: Range<Int>) -> DateInterval {
        DateInterval(start: start(of: days.lowerBound), end: start(of: days.upperBound))
    }

    package func minute(of date: Date) -> Int {
        let parts = calendar.dateComponents([.hour, .minute], from: date)
        return (parts.hour ?? 0) * 60 + (parts.minute ?? 0)
    }

    /// 0 is Monday.
    package static func weekday(_ day: Int) -> Int { ((day + 3) % 7 + 7) % 7 }

    /// The days of the week that a day lies in.
    package func week(of day: Int) -> Range<Int> {
        let start = day - (Self.weekday(day) - firstWeekday + 7) % 7
        return start..<(start + 7)
    }

    package func month(of day: Int, offset: Int = 0) -> Range<Int> {
        let (year, month, _) = Self.civil(day)
        let index = year * 12 + month - 1 + offset
        return Self.day(
            year: index / 12,
            month: index % 12 + 1,
            day: 1
        )..<Self.day(year: (index + 1) / 12, month: (index + 1) % 12 + 1, day: 1)
    }

    /// The days of a year.
    package static func year(_ year: Int) -> Range<Int> {
        day(year: year, month: 1, day: 1)..<day(year: year + 1, month: 1, day: 1)
    }

    private func noon(of day: Int) -> Date {
        let (year, month, date) = Self.civil(day)
        // Noon exists on every day in every zone.
        return calendar.date(from: DateComponents(year: year, month: month, day: date, hour: 12))
            ?? Date(timeIntervalSince1970: TimeInterval(day * 86_400 + 43_200))
    }

    /// H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    package static func day(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    package static func civil(_ day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let date = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, date)
    }
}
