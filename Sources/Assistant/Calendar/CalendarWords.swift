import Domain
import Foundation
import Retrieval

/// Puts what the calendar says into sentences, each with the entry that bears it out.
struct CalendarWords {
    /// Entries that are listed; of more only the number is told.
    private static let longestList = 12

    struct Line {
        let text: String
        let entry: CalendarEntry?

        init(_ text: String, _ entry: CalendarEntry? = nil) {
            self.text = text
            self.entry = entry
        }
    }

    private let answerer: CalendarAnswerer
    private let entries: [ScheduleID: CalendarEntry]
    private let people: [UserID: String]
    private let asker: UserID

    init(_ answerer: CalendarAnswerer, _ entries: [CalendarEntry], _ people: [UserID: String], asker: UserID) {
        self.answerer = answerer
        self.entries = Dictionary(entries.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        self.people = people
        self.asker = asker
    }

    private var local: LocalTime { answerer.question.local }
    private var span: DateInterval { answerer.span }

    func lines(_ finding: CalendarFinding) -> [Line] {
        let lines: [Line] =
            switch finding {
            case .availability(let subjects): subjects.flatMap(availability)
            case .nextGap(let subjects): subjects.map(gap)
            case .entries(let ids): listed(ids)
            case .clashes(let pairs): clashes(pairs)
            case .missed: []
            }
        return lines + [Line("Times are in \(Self.name(of: local.timeZone)).")]
    }

    static func name(of zone: TimeZone) -> String {
        ["GMT", "UTC", "Etc/UTC", "Etc/GMT"].contains(zone.identifier) ? "UTC" : zone.identifier
    }

    // MARK: Free and busy

    private func availability(_ subject: CalendarFinding.Availability) -> [Line] {
        let name = subject.resource ?? peopleName
        let verb = subject.resource == nil && !isOnePerson ? "are" : name == "You" ? "are" : "is"
        let busy = subject.busy.compactMap { entries[$0] }
        guard span.duration > 0 else {
            let moment = "\(local.text(day: local.day(of: span.start))), \(local.clock(span.start))"
            guard !busy.isEmpty else { return [Line("\(name) \(verb) free at \(moment).")] }
            return [Line("\(name) \(verb) not free at \(moment):")] + listed(busy)
        }
        if busy.isEmpty { return [Line("\(name) \(verb) free the whole time: \(local.text(span)).")] }
        guard !subject.free.isEmpty else {
            return [Line("\(name) \(verb) not free at any time: \(local.text(span)).")] + listed(busy)
        }
        return [Line("\(name) \(verb) free: \(freeText(subject.free)). Taken:")] + listed(busy)
    }

    /// "Wed 25 Nov 2026 until 09:00, 12:00–14:00 and from 16:00"
    private func freeText(_ gaps: [DateInterval]) -> String {
        let isOneDay = local.day(of: span.start) == local.day(of: span.end.addingTimeInterval(-1))
        guard isOneDay else { return gaps.prefix(Self.longestList).map(local.text).joined(separator: "; ") }
        let pieces = gaps.map { gap in
            switch (gap.start == span.start, gap.end == local.start(of: local.day(of: span.start) + 1)) {
            case (true, _): "until \(local.clock(gap.end))"
            case (_, true): "from \(local.clock(gap.start)) on"
            default: "\(local.clock(gap.start))–\(local.clock(gap.end))"
            }
        }
        return "\(local.text(day: local.day(of: span.start))) \(pieces.joined(separator: ", "))"
    }

    private func gap(_ subject: CalendarFinding.Availability) -> Line {
        let name = subject.resource ?? peopleName
        let verb = subject.resource != nil || (isOnePerson && name != "You") ? "is" : "are"
        guard let gap = subject.free.first else { return Line("\(name) \(verb) not free in that time.") }
        if gap.end >= span.end { return Line("\(name) \(verb) free from \(moment(gap.start)) on.") }
        return Line("\(name) \(verb) next free: \(local.text(gap)).")
    }

    private func moment(_ date: Date) -> String {
        "\(local.text(day: local.day(of: date))), \(local.clock(date))"
    }

    private var isOnePerson: Bool {
        if case .people(let people) = answerer.question.subject { people.count == 1 } else { false }
    }

    private var peopleName: String {
        guard case .people(let people) = answerer.question.subject else { return "" }
        return people.count == 1 && people[0] == asker ? "You" : names(people, first: "You")
    }

    private func names(_ people: [UserID], first you: String = "you") -> String {
        people.map { $0 == asker ? you : self.people[$0] ?? "somebody" }.joined(separator: ", ")
    }

    // MARK: Entries

    private func listed(_ ids: [ScheduleID]) -> [Line] {
        let found = ids.compactMap { entries[$0] }
        guard !found.isEmpty else { return [Line(nothing)] }
        return listed(found)
    }

    private var nothing: String {
        switch answerer.question.intent {
        case .next: "There is no further such entry in the calendar."
        case .last: "There was no such entry in the calendar."
        case .holders: "Nobody has it: there is no entry in the calendar, \(when)."
        default: "There is nothing in the calendar, \(when)."
        }
    }

    private var when: String { span.duration > 0 ? local.text(span) : moment(span.start) }

    private func listed(_ found: [CalendarEntry]) -> [Line] {
        var lines = found.prefix(Self.longestList).map { Line(text($0), $0) }
        if found.count > Self.longestList { lines.append(Line("… and \(found.count - Self.longestList) more.")) }
        return lines
    }

    /// "Wed 25 Nov 2026, 09:00–12:00: Confocal service visit (Confocal LSM 980), Tomás Herrera. Annual service."
    private func text(_ entry: CalendarEntry) -> String {
        var text = "\(local.text(entry.span(in: local))): \(entry.title.isEmpty ? "(no title)" : entry.title)"
        if let resource = entry.resource { text += " (\(resource))" }
        let people = entry.people
        if !people.isEmpty, people.count <= 4 { text += ", \(names(people))" }
        if people.count > 4 { text += ", \(people.count) people" }
        if let description = entry.description, !description.isEmpty, !entry.title.hasSuffix(description.trimmed) {
            text += ". \(String(description.prefix(300)))"
        }
        return Addresses.removed(from: text)
    }

    private func clashes(_ pairs: [[ScheduleID]]) -> [Line] {
        guard !pairs.isEmpty else { return [Line("No two entries overlap: \(local.text(span)).")] }
        return pairs.prefix(Self.longestList).flatMap { pair -> [Line] in
            let both = pair.compactMap { entries[$0] }
            return both.enumerated().map { index, entry in
                Line(index == 0 ? text(entry) : "  overlaps with \(text(entry))", entry)
            }
        }
    }
}

extension String {
    /// Without the full stop that a description may end in.
    fileprivate var trimmed: String {
        hasSuffix(".") ? String(dropLast()) : self
    }
}
