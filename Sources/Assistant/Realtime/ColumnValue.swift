import Foundation

/// A column's value as far as filters compare it.
enum ColumnValue: Hashable, Sendable {
    case null
    case truth(Bool)
    case whole(Int64)
    case number(Double)
    /// Microseconds since 1970.
    case time(Int64)
    /// Texts are compared by their bytes, which is what PostgreSQL does in the C locale.
    case text(String)

    /// Nil when `text` is no value of that type.
    init?(_ text: String, type: String) {
        switch type {
        case "bool":
            switch text.lowercased() {
            case "t", "true": self = .truth(true)
            case "f", "false": self = .truth(false)
            default: return nil
            }
        case "int2", "int4", "int8":
            guard let number = Int64(text) else { return nil }
            self = .whole(number)
        case "float4", "float8", "numeric":
            guard let number = Double(text) else { return nil }
            self = .number(number)
        case "uuid":
            guard let id = UUID(uuidString: text) else { return nil }
            self = .text(id.uuidString)
        case "timestamptz", "timestamp", "date":
            guard let time = PostgresTime.microseconds(text) else { return nil }
            self = .time(time)
        default: self = .text(text)
        }
    }

    static func < (left: ColumnValue, right: ColumnValue) -> Bool {
        switch (left, right) {
        case (.truth(let left), .truth(let right)): !left && right
        case (.whole(let left), .whole(let right)): left < right
        case (.number(let left), .number(let right)): left < right
        case (.time(let left), .time(let right)): left < right
        case (.text(let left), .text(let right)): left.utf8.lexicographicallyPrecedes(right.utf8)
        default: false
        }
    }
}

/// Times as PostgreSQL and RFC 3339 write them: `2026-01-31 14:05:00.123456+00`, `2026-01-31T14:05:00Z`, `2026-01-31`.
enum PostgresTime {
    static func microseconds(_ text: String) -> Int64? {
        var text = text[...]
        guard let year = number(&text, 4), take("-", &text), let month = number(&text, 2), take("-", &text),
            let day = number(&text, 2), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        var (seconds, fraction, offset) = (0, 0, 0)
        if take("T", &text) || take(" ", &text) {
            guard let hour = number(&text, 2), take(":", &text), let minute = number(&text, 2) else { return nil }
            seconds = hour * 3600 + minute * 60
            if take(":", &text) {
                guard let second = number(&text, 2) else { return nil }
                seconds += second
            }
            if take(".", &text) {
                let digits = text.prefix { $0.isASCII && $0.isNumber }
                guard let value = Int((digits + "000000").prefix(6)) else { return nil }
                fraction = value
                text = text.dropFirst(digits.count)
            }
            guard let shift = zone(&text) else { return nil }
            offset = shift
        }
        guard text.isEmpty else { return nil }
        return Int64(days(year, month, day) * 86_400 + seconds - offset) * 1_000_000 + Int64(fraction)
    }

    /// Seconds east of Greenwich; nothing is UTC.
    private static func zone(_ text: inout Substring) -> Int? {
        if text.isEmpty || take("Z", &text) { return 0 }
        // A plus that was not escaped in an address arrives as a space.
        let isEast = take("+", &text) || take(" ", &text)
        guard isEast || take("-", &text), let hours = number(&text, 2) else { return nil }
        _ = take(":", &text)
        let minutes = text.isEmpty ? 0 : number(&text, 2)
        guard let minutes else { return nil }
        return (isEast ? 1 : -1) * (hours * 3600 + minutes * 60)
    }

    /// Days since 1970 in the Gregorian calendar (Hinnant, chrono-compatible date algorithms).
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func take(_ character: Character, _ text: inout Substring) -> Bool {
        guard text.first == character else { return false }
        text = text.dropFirst()
        return true
    }

    private static func number(_ text: inout Substring, _ digits: Int) -> Int? {
        let piece = text.prefix(digits)
        guard piece.count == digits, let number = Int(piece), number >= 0 else { return nil }
        text = text.dropFirst(digits)
        return number
    }
}
