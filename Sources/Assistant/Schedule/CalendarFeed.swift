public import Domain
public import Foundation

/// One event of a calendar feed.
public struct CalendarEvent: Sendable {
    public let id: ScheduleID
    public let title: String
    public let description: String?
    public let resource: String?
    public let start: Date
    public let end: Date
    public let allDay: Bool
    public let changedAt: Date

    public init(
        id: ScheduleID,
        title: String,
        description: String?,
        resource: String?,
        start: Date,
        end: Date,
        allDay: Bool,
        changedAt: Date
    ) {
        self.id = id
        self.title = title
        self.description = description
        self.resource = resource
        self.start = start
        self.end = end
        self.allDay = allDay
        self.changedAt = changedAt
    }
}

/// Writes events as iCalendar (RFC 5545).
public enum CalendarFeed {
    public static func text(_ events: [CalendarEvent]) -> String {
        var lines = [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Labsync//Schedule//EN", "CALSCALE:GREGORIAN",
            "X-WR-CALNAME:Lab schedule",
        ]
        for event in events { lines += self.lines(event) }
        lines.append("END:VCALENDAR")
        return lines.map(folded).joined(separator: "\r\n") + "\r\n"
    }

    private static func lines(_ event: CalendarEvent) -> [String] {
        var lines = [
            "BEGIN:VEVENT", "UID:\(event.id)@labsync", "DTSTAMP:\(time(event.changedAt))",
            event.allDay ? "DTSTART;VALUE=DATE:\(day(event.start))" : "DTSTART:\(time(event.start))",
            event.allDay ? "DTEND;VALUE=DATE:\(day(event.end))" : "DTEND:\(time(event.end))",
            "SUMMARY:\(escaped(event.title))",
        ]
        if let description = event.description, !description.isEmpty {
            lines.append("DESCRIPTION:\(escaped(description))")
        }
        if let resource = event.resource { lines.append("LOCATION:\(escaped(resource))") }
        lines.append("END:VEVENT")
        return lines
    }

    private static func time(_ date: Date) -> String {
        date.formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted))
    }

    private static func day(_ date: Date) -> String {
        String(time(date).prefix(8))
    }

    private static func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: ";", with: "\\;")
            .replacingOccurrences(of: ",", with: "\\,").replacingOccurrences(of: "\r\n", with: "\\n")
            .replacingOccurrences(of: "\n", with: "\\n").replacingOccurrences(of: "\r", with: "\\n")
    }

    /// Lines longer than 75 bytes go on after a line break and a space, never within a character.
    private static func folded(_ line: String) -> String {
        var folded = ""
        var width = 0
        for character in line {
            let size = character.utf8.count
            if width + size > 74 {
                folded += "\r\n "
                width = 1
            }
            folded.append(character)
            width += size
        }
        return folded
    }
}
