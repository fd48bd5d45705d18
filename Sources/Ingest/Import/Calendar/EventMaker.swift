import Domain
import Foundation

/// Makes entries of the schedule of a calendar's events: repetitions spelt out, exceptions taken into account.
struct EventMaker: Sendable {
    /// Times of one event; more is no plan.
    private static let mostOccurrences = 1000
    private static let reach: TimeInterval = 2 * 366 * 86_400
    private static let longestText = 20_000

    private let members: [String: UUID]
    private let owner: UserID
    private let range: Range<Date>
    private(set) var zones: ICalendarZones
    /// Single times of a repeated event that differ from the others, by event.
    private var exceptions: [String: [ICalendarComponent]] = [:]
    private var masters: Set<String> = []

    init(members: [String: UUID], owner: UserID, zone: TimeZone, now: Date) {
        self.members = members
        self.owner = owner
        range = now.addingTimeInterval(-Self.reach)..<now.addingTimeInterval(Self.reach)
        zones = ICalendarZones(floating: zone)
    }

    /// Reads a file a first time, for what may stand after the event that needs it.
    mutating func learn(from path: String) throws {
        var reader = try ICalendarReader(path: path)
        while let component = try reader.component() {
            switch component.name {
            case "VTIMEZONE": zones.learn(component)
            case "VEVENT":
                guard let uid = component.first("UID")?.value else { continue }
                if component.first("RECURRENCE-ID") != nil {
                    exceptions[uid, default: []].append(component)
                } else {
                    masters.insert(uid)
                }
            default: continue
            }
        }
    }

    /// Nil for what is no event by itself; the report then says so.
    mutating func event(_ component: ICalendarComponent, _ report: inout CalendarImporter.Report) -> ImportedEvent? {
        guard var uid = component.first("UID")?.value, !uid.isEmpty else {
            report.skip("event without UID")
            return nil
        }
        if let exception = component.first("RECURRENCE-ID") {
            if masters.contains(uid) { return nil }
            // One time of an event that the calendar does not hold otherwise, as in an invitation to it.
            uid += " \(exception.value)"
        }
        guard let property = component.first("DTSTART"), let start = zones.time(property) else {
            report.skip("event without a start")
            return nil
        }
        guard component.first("STATUS")?.value.uppercased() != "CANCELLED" else {
            return ImportedEvent(uid: uid, occurrences: [])
        }
        let length = length(of: component, start)
        var starts = self.starts(of: component, start, &report)
        var entries: [Date: ImportRecord.Schedule] = [:]
        let excluded = Set(component.all("EXDATE").flatMap { dates($0) })
        starts.removeAll { excluded.contains($0) }
        for moment in starts {
            entries[moment] = entry(component, uid, original: moment, start: moment, length, start.isDay)
        }
        for exception in exceptions[uid] ?? [] { apply(exception, of: uid, to: &entries) }
        return ImportedEvent(
            uid: uid,
            occurrences: entries.values.sorted { ($0.start, $0.id.description) < ($1.start, $1.id.description) }
        )
    }

    private mutating func starts(
        of component: ICalendarComponent,
        _ start: ICalendarTime,
        _ report: inout CalendarImporter.Report
    ) -> [Date] {
        var starts: Set<Date> = [start.date]
        for rule in component.all("RRULE") {
            let zones = zones
            let recurrence = ICalendarRecurrence(rule.value, zone: start.zone) { text in
                var zones = zones
                return ICalendarProperty(line: "UNTIL:\(text)").flatMap { zones.time($0) }?.date
            }
            guard let recurrence else {
                report.skip("repetition that is not understood (\(rule.value)); its first time was taken")
                continue
            }
            let found = recurrence.starts(from: start.date, in: range, limit: Self.mostOccurrences)
            starts.formUnion(found)
            // The first may be long ago.
            if start.date < range.lowerBound { starts.remove(start.date) }
            if found.count == Self.mostOccurrences {
                report.skip("times of an event beyond its first \(Self.mostOccurrences)")
            }
        }
        for property in component.all("RDATE") { starts.formUnion(dates(property)) }
        return Array(starts)
    }

    /// What differs once: another time, another title, or called off.
    private mutating func apply(
        _ exception: ICalendarComponent,
        of uid: String,
        to entries: inout [Date: ImportRecord.Schedule]
    ) {
        guard let original = exception.first("RECURRENCE-ID").flatMap({ zones.time($0) })?.date else { return }
        entries[original] = nil
        guard exception.first("STATUS")?.value.uppercased() != "CANCELLED",
            let start = exception.first("DTSTART").flatMap({ zones.time($0) }), range.contains(start.date)
        else { return }
        let length = length(of: exception, start)
        entries[original] = entry(exception, uid, original: original, start: start.date, length, start.isDay)
    }

    private func entry(
        _ component: ICalendarComponent,
        _ uid: String,
        original: Date,
        start: Date,
        _ length: TimeInterval,
        _ isDay: Bool
    ) -> ImportRecord.Schedule {
        let people = component.all("ATTENDEE").compactMap { member($0) }
        return ImportRecord.Schedule(
            id: ScheduleID(NamedIdentifier.uuid("ics:\(uid):\(Int(original.timeIntervalSince1970))")),
            title: text(component, "SUMMARY") ?? "Untitled",
            description: text(component, "DESCRIPTION"),
            resource: text(component, "LOCATION"),
            start: start,
            end: start.addingTimeInterval(length),
            allDay: isDay,
            createdBy: component.first("ORGANIZER").flatMap { member($0) } ?? owner,
            participants: Set(people).sorted { $0.description < $1.description }
        )
    }

    private mutating func length(of component: ICalendarComponent, _ start: ICalendarTime) -> TimeInterval {
        if let end = component.first("DTEND").flatMap({ zones.time($0) }) {
            return max(0, end.date.timeIntervalSince(start.date))
        }
        if let length = component.first("DURATION").flatMap({ Self.seconds($0.value) }) { return length }
        return start.isDay ? 86_400 : 0
    }

    private mutating func dates(_ property: ICalendarProperty) -> [Date] {
        property.value.split(separator: ",").compactMap { value in
            // A period is told by its start.
            zones.time(property, value.prefix { $0 != "/" })?.date
        }
    }

    private func text(_ component: ICalendarComponent, _ name: String) -> String? {
        guard let text = component.first(name)?.text.replacing("\0", with: "") else { return nil }
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        return trimmed.isEmpty ? nil : String(trimmed.prefix(Self.longestText))
    }

    private func member(_ property: ICalendarProperty) -> UserID? {
        let address = property.value.lowercased()
        return members[address.hasPrefix("mailto:") ? String(address.dropFirst(7)) : address].map { UserID($0) }
    }

    /// `PT1H30M`, `P1D`, `P2W` in seconds.
    static func seconds(_ text: String) -> TimeInterval? {
        guard
            let match = text.wholeMatch(
                of: /\+?P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?/
            )
        else { return nil }
        func number(_ text: Substring?) -> Double { text.flatMap { Double($0) } ?? 0 }
        return number(match.1) * 604_800 + number(match.2) * 86_400 + number(match.3) * 3600 + number(match.4) * 60
            + number(match.5)
    }
}
