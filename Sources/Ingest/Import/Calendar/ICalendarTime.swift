import Foundation

/// A moment as a calendar writes it.
struct ICalendarTime: Equatable {
    /// Of an all-day value, midnight in UTC: such days are the same everywhere.
    let date: Date
    let isDay: Bool
    /// What a repetition keeps its time of day in.
    let zone: TimeZone
}

/// The clocks that a calendar's times are told by.
struct ICalendarZones {
    /// Of times without a zone: where the calendar says nothing, the lab's.
    private let floating: TimeZone
    private var known: [String: TimeZone] = [:]
    /// Names that nothing is known of; their times are taken by the lab's clock.
    private(set) var unknown: Set<String> = []

    init(floating: TimeZone) {
        self.floating = floating
    }

    /// Learns of a VTIMEZONE what its name alone does not tell.
    mutating func learn(_ component: ICalendarComponent) {
        guard let name = component.first("TZID")?.value, Self.byName(name) == nil else { return }
        if let location = component.first("X-LIC-LOCATION")?.value, let zone = TimeZone(identifier: location) {
            known[name] = zone
            return
        }
        // One offset, when that is all the zone has; a change of clocks needs a name that Foundation knows.
        let offsets = Set(component.components.compactMap { $0.first("TZOFFSETTO").flatMap { Self.offset($0.value) } })
        if offsets.count == 1, let offset = offsets.first { known[name] = TimeZone(secondsFromGMT: offset) }
    }

    /// Nil for a value that is no time.
    mutating func time(_ property: ICalendarProperty, _ value: Substring? = nil) -> ICalendarTime? {
        let text = value ?? property.value[...]
        let digits = text.filter(\.isNumber)
        guard let day = Self.components(digits) else { return nil }
        if property.parameters["VALUE"] == "DATE" || digits.count == 8 {
            return Self.date(day, .gmt).map { ICalendarTime(date: $0, isDay: true, zone: .gmt) }
        }
        guard digits.count == 14 || digits.count == 12, text.contains("T") else { return nil }
        let zone = text.hasSuffix("Z") ? .gmt : zone(property.parameters["TZID"])
        return Self.date(day, zone).map { ICalendarTime(date: $0, isDay: false, zone: zone) }
    }

    private mutating func zone(_ name: String?) -> TimeZone {
        guard let name else { return floating }
        if let zone = known[name] ?? Self.byName(name) {
            known[name] = zone
            return zone
        }
        unknown.insert(name)
        return floating
    }

    private static func components(_ digits: String) -> DateComponents? {
        let digits = Array(digits.utf8.map { Int($0) - 48 })
        guard digits.count >= 8, digits.count <= 14 else { return nil }
        func number(_ range: Range<Int>) -> Int {
            range.upperBound <= digits.count ? range.reduce(0) { $0 * 10 + digits[$1] } : 0
        }
        var parts = DateComponents()
        (parts.year, parts.month, parts.day) = (number(0..<4), number(4..<6), number(6..<8))
        (parts.hour, parts.minute, parts.second) = (number(8..<10), number(10..<12), number(12..<14))
        guard (1...12).contains(parts.month ?? 0), (1...31).contains(parts.day ?? 0) else { return nil }
        guard (0..<24).contains(parts.hour ?? 0), (0..<60).contains(parts.minute ?? 0) else { return nil }
        return parts
    }

    private static func date(_ parts: DateComponents, _ zone: TimeZone) -> Date? {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        return calendar.date(from: parts)
    }

    /// `+0130` in seconds.
    private static func offset(_ text: String) -> Int? {
        guard let number = Int(text.prefix(5)) else { return nil }
        return (number / 100 * 60 + number % 100) * 60
    }

    private static func byName(_ name: String) -> TimeZone? {
        if let zone = TimeZone(identifier: name) ?? windows[name].flatMap(TimeZone.init(identifier:)) { return zone }
        // `/mozilla.org/20050126_1/Europe/Berlin`: the end is what is meant.
        let parts = name.split(separator: "/")
        return parts.count > 2 ? TimeZone(identifier: parts.suffix(2).joined(separator: "/")) : nil
    }

    /// What Outlook calls the zones that most labs are in (CLDR's windowsZones, territory 001).
    private static let windows = [
        "AUS Eastern Standard Time": "Australia/Sydney", "Alaskan Standard Time": "America/Anchorage",
        "Arabian Standard Time": "Asia/Dubai", "Argentina Standard Time": "America/Buenos_Aires",
        "Atlantic Standard Time": "America/Halifax", "Central America Standard Time": "America/Guatemala",
        "Central Europe Standard Time": "Europe/Budapest", "Central European Standard Time": "Europe/Warsaw",
        "Central Standard Time": "America/Chicago", "China Standard Time": "Asia/Shanghai",
        "E. Africa Standard Time": "Africa/Nairobi", "E. South America Standard Time": "America/Sao_Paulo",
        "Eastern Standard Time": "America/New_York", "Egypt Standard Time": "Africa/Cairo",
        "FLE Standard Time": "Europe/Kiev", "GMT Standard Time": "Europe/London",
        "GTB Standard Time": "Europe/Bucharest", "Greenwich Standard Time": "Atlantic/Reykjavik",
        "Hawaiian Standard Time": "Pacific/Honolulu", "India Standard Time": "Asia/Calcutta",
        "Israel Standard Time": "Asia/Jerusalem", "Korea Standard Time": "Asia/Seoul",
        "Mountain Standard Time": "America/Denver", "New Zealand Standard Time": "Pacific/Auckland",
        "Pacific SA Standard Time": "America/Santiago", "Pacific Standard Time": "America/Los_Angeles",
        "Romance Standard Time": "Europe/Paris", "Russian Standard Time": "Europe/Moscow",
        "SE Asia Standard Time": "Asia/Bangkok", "Singapore Standard Time": "Asia/Singapore",
        "South Africa Standard Time": "Africa/Johannesburg", "Taipei Standard Time": "Asia/Taipei",
        "Tokyo Standard Time": "Asia/Tokyo", "Turkey Standard Time": "Europe/Istanbul",
        "US Mountain Standard Time": "America/Phoenix", "UTC": "Etc/UTC",
        "W. Australia Standard Time": "Australia/Perth", "W. Central Africa Standard Time": "Africa/Lagos",
        "W. Europe Standard Time": "Europe/Berlin",
    ]
}
