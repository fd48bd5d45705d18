import Domain
package import Foundation
import Retrieval

/// Interval logic over the calendar: no clock, no database, no words.
package struct CalendarAnswerer: Sendable {
    /// How far "next" looks ahead and "last" back.
    private static let horizon: TimeInterval = 400 * 86_400
    private static let clashHorizon: TimeInterval = 28 * 86_400
    private static let shortestGap: TimeInterval = 30 * 60

    package let question: CalendarQuestion

    package init(_ question: CalendarQuestion) {
        self.question = question
    }

    private var now: Date { question.now }
    private var local: LocalTime { question.local }

    /// What must be read to answer.
    package var window: DateInterval {
        switch question.intent {
        case .missed: span
        case .next, .last, .occurrence, .holders:
            DateInterval(start: min(now - Self.horizon, span.start), end: max(now + Self.horizon, span.end))
        case .nextGap: DateInterval(start: span.start, end: span.start + Self.horizon)
        case .availability, .agenda, .clashes: span
        }
    }

    /// The span that the answer is about.
    package var span: DateInterval {
        switch (question.intent, question.time) {
        case (.missed, .span(let span)): DateInterval(start: span.start, end: max(span.start, min(span.end, now)))
        case (.missed, .moment(let moment)): DateInterval(start: min(moment, now), end: now)
        case (.missed, .unspecified): DateInterval(start: local.start(of: local.day(of: now) - 7), end: now)
        case (.nextGap, .span(let span)): DateInterval(start: max(now, span.start), end: max(now, span.end))
        case (.nextGap, .unspecified): DateInterval(start: now, duration: Self.horizon)
        case (.clashes, .unspecified): DateInterval(start: now, duration: Self.clashHorizon)
        case (.availability, .unspecified): DateInterval(start: now, end: local.start(of: local.day(of: now) + 7))
        case (.availability, .span(let span)) where !question.isPast && span.start < now && now < span.end:
            // What is over can no longer be used.
            DateInterval(start: now, end: span.end)
        case (.holders, .unspecified): DateInterval(start: now, duration: 0)
        case (.agenda, .unspecified):
            question.isPast
                ? DateInterval(start: now - 7 * 86_400, end: now)
                : DateInterval(start: now, end: local.start(of: local.day(of: now) + 7))
        default: question.time.interval ?? DateInterval(start: now, duration: 0)
        }
    }

    /// - Parameter entries: those that overlap `window`.
    /// - Returns: nil when the calendar knows nothing of what is asked.
    package func finding(_ entries: [CalendarEntry]) -> CalendarFinding? {
        switch question.intent {
        case .availability: availability(entries)
        case .nextGap: nextGap(entries)
        case .holders, .agenda: listed(entries)
        case .next, .last, .occurrence: occurrence(entries)
        case .clashes: .clashes(clashes(entries))
        case .missed: .missed(span)
        }
    }

    // MARK: Free and busy

    /// Each resource by itself, people together.
    private func subjects(_ entries: [CalendarEntry]) -> [(resource: String?, busy: [CalendarEntry])] {
        switch question.subject {
        case .resources(let names):
            names.map { name in (name, entries.filter { $0.resource == name }) }
        case .people(let people):
            [(nil, entries.filter { entry in entry.occupiesPeople && people.contains(where: entry.people.contains) })]
        case .titled, .everything: []
        }
    }

    private func availability(_ entries: [CalendarEntry]) -> CalendarFinding? {
        .availability(
            subjects(entries).map { resource, candidates in
                let busy = candidates.filter { overlaps($0, span) }
                return .init(resource: resource, free: free(in: span, busy), busy: busy.map(\.id))
            }
        )
    }

    private func nextGap(_ entries: [CalendarEntry]) -> CalendarFinding? {
        let shortest = question.duration ?? Self.shortestGap
        return .nextGap(
            subjects(entries).map { resource, candidates in
                let gaps = FreeSlots.gaps(in: span, busy: candidates.map { $0.span(in: local) }, shortest: shortest)
                return .init(resource: resource, free: Array(gaps.prefix(1)), busy: [])
            }
        )
    }

    private func free(in span: DateInterval, _ busy: [CalendarEntry]) -> [DateInterval] {
        guard span.duration > 0 else { return busy.isEmpty ? [span] : [] }
        return FreeSlots.gaps(in: span, busy: busy.map { $0.span(in: local) }, shortest: question.duration ?? 0)
    }

    /// Half-open; an instant is in what it begins and not in what it ends.
    private func overlaps(_ entry: CalendarEntry, _ span: DateInterval) -> Bool {
        let own = entry.span(in: local)
        guard span.duration > 0 else { return own.start <= span.start && span.start < own.end }
        guard own.duration > 0 else { return span.start <= own.start && own.start < span.end }
        return own.start < span.end && span.start < own.end
    }

    // MARK: Entries

    private func matching(_ entries: [CalendarEntry]) -> [CalendarEntry] {
        switch question.subject {
        case .resources(let names): entries.filter { entry in entry.resource.map(names.contains) ?? false }
        case .people(let people): entries.filter { entry in people.contains(where: entry.people.contains) }
        case .everything: entries
        case .titled(let words, let people):
            CalendarNames.entries(
                people.isEmpty ? entries : entries.filter { entry in people.contains(where: entry.people.contains) },
                titled: words
            )
        }
    }

    private var isTitled: Bool {
        if case .titled = question.subject { true } else { false }
    }

    private func listed(_ entries: [CalendarEntry]) -> CalendarFinding? {
        if question.intent == .holders, isTitled, question.time == .unspecified { return occurrence(entries) }
        let matching = matching(entries)
        // A title that nothing bears is no matter of the calendar.
        guard !isTitled || !matching.isEmpty else { return nil }
        return .entries(sorted(matching.filter { overlaps($0, span) }))
    }

    private func occurrence(_ entries: [CalendarEntry]) -> CalendarFinding? {
        let matching = matching(entries)
        guard !matching.isEmpty else { return isTitled ? nil : .entries([]) }
        if question.time != .unspecified {
            let inside = sorted(matching.filter { overlaps($0, span) })
            switch question.intent {
            case .next: return .entries(Array(inside.prefix(1)))
            case .last: return .entries(Array(inside.suffix(1)))
            default: return .entries(inside)
            }
        }
        let future = matching.filter { $0.span(in: local).start > now }
        let running = matching.filter { overlaps($0, DateInterval(start: now, duration: 0)) }
        let past = matching.filter { $0.span(in: local).end <= now }
        switch question.intent {
        case .next: return .entries(first(future))
        case .last: return .entries(last(past))
        default:
            if question.isPast, !past.isEmpty { return .entries(last(past)) }
            if !running.isEmpty { return .entries(sorted(running)) }
            return .entries(future.isEmpty ? last(past) : first(future))
        }
    }

    /// All that begin at the earliest time.
    private func first(_ entries: [CalendarEntry]) -> [ScheduleID] {
        guard let earliest = entries.map({ $0.span(in: local).start }).min() else { return [] }
        return sorted(entries.filter { $0.span(in: local).start == earliest })
    }

    private func last(_ entries: [CalendarEntry]) -> [ScheduleID] {
        guard let latest = entries.map({ $0.span(in: local).start }).max() else { return [] }
        return sorted(entries.filter { $0.span(in: local).start == latest })
    }

    private func sorted(_ entries: [CalendarEntry]) -> [ScheduleID] {
        entries.sorted { ($0.span(in: local).start, $0.id) < ($1.span(in: local).start, $1.id) }.map(\.id)
    }

    // MARK: Clashes

    private func clashes(_ entries: [CalendarEntry]) -> [[ScheduleID]] {
        let candidates = matching(entries).filter { $0.occupiesPeople && overlaps($0, span) }
            .sorted { ($0.span(in: local).start, $0.id) < ($1.span(in: local).start, $1.id) }
        var clashes: [[ScheduleID]] = []
        for (index, first) in candidates.enumerated() {
            for second in candidates[(index + 1)...] {
                let spans = (first.span(in: local), second.span(in: local))
                guard spans.1.start < spans.0.end else { break }
                guard spans.0.start < spans.1.end, share(first, second) else { continue }
                clashes.append([first.id, second.id])
            }
        }
        return clashes
    }

    private func share(_ first: CalendarEntry, _ second: CalendarEntry) -> Bool {
        switch question.subject {
        case .resources: first.resource == second.resource
        case .people(let people):
            people.contains { first.people.contains($0) && second.people.contains($0) }
        case .titled, .everything:
            first.resource != nil && first.resource == second.resource
                || first.people.contains(where: second.people.contains)
        }
    }
}

extension CalendarEntry {
    /// An instrument is taken by whatever is booked on it; a person by what has a time, and by being away, not by
    /// duties that last whole days.
    var occupiesPeople: Bool {
        guard allDay else { return true }
        return !CalendarNames.terms(of: title).isDisjoint(with: Self.absences)
    }

    private static let absences = CalendarNames.terms(
        of: "holiday vacation leave away absent absence sick travel travelling conference closed"
    )
}
