public import Foundation
package import Retrieval

/// How times are written in answers.
extension LocalTime {
    private static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// "Wed 25 Nov 2026"
    package func text(day: Int) -> String {
        let (year, month, date) = Self.civil(day)
        return "\(Self.weekdays[Self.weekday(day)]) \(date) \(Self.months[month - 1]) \(year)"
    }

    /// "09:05"
    package func clock(_ date: Date) -> String {
        let minute = minute(of: date)
        return String(format: "%02d:%02d", minute / 60, minute % 60)
    }

    /// "Wed 25 Nov 2026, 09:00–12:00", "Wed 25 Nov 2026, all day", "Wed 25 Nov 2026, 22:00 – Thu 26 Nov 2026, 06:00".
    package func text(_ span: DateInterval) -> String {
        let first = day(of: span.start)
        let isWhole = span.start == start(of: first) && span.end == start(of: day(of: span.end)) && span.duration > 0
        if isWhole {
            let last = day(of: span.end) - 1
            return first == last ? "\(text(day: first)), all day" : "\(text(day: first)) to \(text(day: last)), all day"
        }
        if span.end <= start(of: first + 1) {
            let end = span.end == start(of: first + 1) ? "24:00" : clock(span.end)
            let times = span.duration > 0 ? "\(clock(span.start))–\(end)" : clock(span.start)
            return "\(text(day: first)), \(times)"
        }
        return "\(text(day: first)), \(clock(span.start)) – \(text(day: day(of: span.end))), \(clock(span.end))"
    }
}

extension CalendarEntry {
    /// When it takes place for somebody in a zone: whole days are days there.
    package func span(in local: LocalTime) -> DateInterval {
        guard allDay else { return DateInterval(start: start, end: max(start, end)) }
        let utc = LocalTime(.gmt)
        let first = utc.day(of: start)
        return local.span(first..<max(first + 1, utc.day(of: end)))
    }

    /// Half-open; whole days as they are in UTC.
    public func overlaps(_ from: Date, _ to: Date) -> Bool {
        let span = span(in: LocalTime(.gmt))
        return span.start < to && (span.end > from || span.duration == 0 && span.start >= from)
    }

    /// "Wed 25 Nov 2026, 09:00–12:00: Confocal service visit (Confocal LSM 980)"
    public func text(in zone: TimeZone) -> String {
        let local = LocalTime(zone)
        return "\(local.text(span(in: local))): \(title)\(resource.map { " (\($0))" } ?? "")"
    }
}
