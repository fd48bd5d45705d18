import Foundation

/// One property of a component, such as `DTSTART;TZID=Europe/Berlin:20260301T090000`.
package struct ICalendarProperty: Equatable, Sendable {
    package let name: String
    /// By upper-case name; quotes are gone.
    package let parameters: [String: String]
    package let value: String

    /// Nil for a line that is no property.
    package init?(line: String) {
        // A colon within a quoted parameter is not the one that the value begins after.
        var isQuoted = false
        guard
            let colon = line.firstIndex(where: { character in
                if character == "\"" { isQuoted.toggle() }
                return character == ":" && !isQuoted
            })
        else { return nil }
        let head = line[..<colon].split(separator: ";", omittingEmptySubsequences: false)
        guard let name = head.first, !name.isEmpty else { return nil }
        self.name = name.uppercased()
        var parameters: [String: String] = [:]
        for part in head.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { continue }
            parameters[pair[0].uppercased()] = pair[1].trimmingCharacters(in: ["\""])
        }
        self.parameters = parameters
        value = String(line[line.index(after: colon)...])
    }

    /// The value with RFC 5545's escapes undone.
    var text: String {
        var text = ""
        var isEscaped = false
        for character in value {
            switch (isEscaped, character) {
            case (false, "\\"): isEscaped = true
            case (true, "n"), (true, "N"):
                text.append("\n")
                isEscaped = false
            default:
                text.append(character)
                isEscaped = false
            }
        }
        return text
    }
}

/// A component with its properties, and the components within it.
package struct ICalendarComponent: Sendable {
    package let name: String
    package var properties: [ICalendarProperty] = []
    package var components: [ICalendarComponent] = []

    package func first(_ name: String) -> ICalendarProperty? { properties.first { $0.name == name } }
    package func all(_ name: String) -> [ICalendarProperty] { properties.filter { $0.name == name } }
}

/// Reads iCalendar (RFC 5545) component by component, so that memory is independent of the calendar's size.
package struct ICalendarReader {
    /// Of one event; more is data that somebody put into it.
    private static let mostProperties = 5000
    /// Bytes of one unfolded line.
    private static let longestLine = 1 << 20

    private var lines: LineReader
    private var next: String?

    package init(path: String) throws {
        lines = try LineReader(path: path)
        next = try Self.line(&lines)
        guard next?.uppercased().hasPrefix("BEGIN:VCALENDAR") == true else {
            throw ImportFailure("\(path) is no calendar: it does not begin with BEGIN:VCALENDAR.")
        }
    }

    /// The next component directly within a calendar: an event, a time zone, a task; nil at the end.
    package mutating func component() throws -> ICalendarComponent? {
        while let line = try unfolded() {
            guard let name = Self.opening(line), name != "VCALENDAR" else { continue }
            return try component(named: name, depth: 0)
        }
        return nil
    }

    private mutating func component(named name: String, depth: Int) throws -> ICalendarComponent {
        var component = ICalendarComponent(name: name)
        while let line = try unfolded() {
            if line.uppercased().hasPrefix("END:") { break }
            if let inner = Self.opening(line) {
                let read = try self.component(named: inner, depth: depth + 1)
                if depth < 3 { component.components.append(read) }
            } else if component.properties.count < Self.mostProperties, let property = ICalendarProperty(line: line) {
                component.properties.append(property)
            }
        }
        return component
    }

    private static func opening(_ line: String) -> String? {
        let line = line.uppercased()
        return line.hasPrefix("BEGIN:") ? String(line.dropFirst(6)) : nil
    }

    /// A line goes on where the next one begins with a blank.
    private mutating func unfolded() throws -> String? {
        guard var line = next else { return nil }
        next = try Self.line(&lines)
        while let more = next, more.first == " " || more.first == "\t" {
            if line.utf8.count < Self.longestLine { line += more.dropFirst() }
            next = try Self.line(&lines)
        }
        return line
    }

    private static func line(_ lines: inout LineReader) throws -> String? {
        while let bytes = try lines.next() {
            var text = String(decoding: bytes, as: UTF8.self)
            if text.last == "\r" || text.last == "\r\n" { text.removeLast() }
            if text.hasPrefix("\u{FEFF}") { text.removeFirst() }
            if !text.isEmpty { return text }
        }
        return nil
    }
}
