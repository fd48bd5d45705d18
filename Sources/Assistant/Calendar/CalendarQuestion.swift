package import Domain
package import Foundation
package import Retrieval

/// A question that the calendar itself answers, understood word for word; what is not stays a matter of retrieval.
package struct CalendarQuestion: Sendable {
    package enum Subject: Equatable, Sendable {
        case resources([String])
        /// All of them together.
        case people([UserID])
        /// Entries whose title says these words; of these people, when there are any.
        case titled([String], people: [UserID])
        case everything
    }

    package enum Intent: Equatable, Sendable {
        /// When, or whether, something is free.
        case availability
        /// The first gap from now on.
        case nextGap
        /// Who has it.
        case holders
        case next
        case last
        /// When it is: the next time, else the last.
        case occurrence
        case agenda
        case clashes
        case missed
    }

    package let intent: Intent
    package let subject: Subject
    package let time: SpokenTime
    /// Seconds that a gap must have at least.
    package let duration: TimeInterval?
    package let isPast: Bool
    let local: LocalTime
    let now: Date

    /// Cheap: whether a question may be about the calendar at all.
    package static func isConceivable(_ text: String) -> Bool {
        let words = SpokenWords(text)
        return words.words.count <= longest && words.has(cues)
    }

    private static let longest = 24
    private static let cues: Set<String> = [
        "when", "who", "free", "available", "availability", "vacant", "busy", "booked", "book", "booking", "bookings",
        "taken", "occupied", "reserved", "next", "last", "miss", "missed", "conflict", "conflicts", "clash", "clashes",
        "overlap", "overlaps", "overlapping", "calendar", "schedule", "scheduled", "agenda", "planned", "slot", "slots",
        "today", "tomorrow", "yesterday", "week", "shift", "shifts", "meeting", "meetings", "happening", "happened",
        "on", "use", "time", "upcoming", "weekend", "catch", "events", "appointments", "new", "have", "days", "weeks",
        "month", "plans",
    ]

    /// - Returns: nil when any word of it is not understood as being about the calendar.
    package init?(
        _ text: String,
        asker: UserID,
        vocabulary: CalendarVocabulary,
        now: Date,
        local: LocalTime
    ) {
        var words = SpokenWords(text)
        guard words.words.count <= Self.longest else { return nil }
        self.now = now
        self.local = local
        let names = CalendarNames(vocabulary)
        let isMissed = Self.speaksOfMissing(words)
        isPast = isMissed || words.has(["had", "was", "were", "did", "used", "happened", "since", "ago"])
        let delay = Self.delay(&words)
        let duration = Self.duration(&words)
        self.duration = duration
        let spoken = SpokenTimeReader(local: local, now: now, isPast: isPast).read(&words)
        time = delay.map { .moment(now.addingTimeInterval($0)) } ?? spoken
        let phrasing = Phrasing(words)
        let people = names.people(&words)
        guard let intent = phrasing.intent(isMissed: isMissed, hasTime: time != .unspecified) else { return nil }
        self.intent = intent
        for phrase in [["what", "day"], ["which", "day"], ["what", "date"], ["what", "time"]] {
            if let place = words.place(of: phrase) { words.use(place) }
        }
        words.use(all: Phrasing.fillers)
        words.use(all: Phrasing.words(of: intent))
        let rest = words.rest.map(\.word)
        guard
            let subject = Self.subject(
                rest,
                people + (phrasing.isAboutMe ? [asker] : []),
                intent,
                phrasing,
                names
            )
        else { return nil }
        self.subject = subject
    }

    private static func speaksOfMissing(_ words: SpokenWords) -> Bool {
        words.has(["miss", "missed", "missing"]) && words.has(["i", "we"]) || words.has(phrase: "catch me up")
            || words.has(phrase: "catch up")
            || words.has(["what"]) && (words.has(["happened"]) || words.has(phrase: "is new"))
    }

    /// "in 20 minutes"
    private static func delay(_ words: inout SpokenWords) -> TimeInterval? {
        for index in words.indices where words[index] == "in" {
            guard let count = SpokenNumbers.number(words[index + 1]),
                let minutes = SpokenNumbers.minutes(in: words[index + 2])
            else { continue }
            words.use(index..<(index + 3))
            return TimeInterval(count * minutes * 60)
        }
        return nil
    }

    /// "for 2 hours", "a 90 minute slot", "half an hour"
    private static func duration(_ words: inout SpokenWords) -> TimeInterval? {
        if let place = words.place(of: ["half", "an", "hour"]) {
            words.use(place)
            return 1800
        }
        for index in words.indices {
            if let match = words[index].wholeMatch(of: /(\d+)h/), words[index - 1] == "for", let count = Int(match.1) {
                words.use(index..<(index + 1))
                return TimeInterval(count * 3600)
            }
            let unit =
                words[index + 1] == "hour" || words[index + 1] == "minute" ? words[index + 1] + "s" : words[index + 1]
            guard !words.isUsed[index], let count = SpokenNumbers.number(words[index]),
                let minutes = SpokenNumbers.minutes(in: unit)
            else { continue }
            words.use(index..<(index + 2))
            return TimeInterval(count * minutes * 60)
        }
        return nil
    }

    private static func subject(
        _ rest: [String],
        _ people: [UserID],
        _ intent: Intent,
        _ phrasing: Phrasing,
        _ names: CalendarNames
    ) -> Subject? {
        let resources = names.resources(named: rest)
        switch intent {
        case .missed:
            return rest.isEmpty ? .everything : nil
        case .availability, .nextGap:
            if let resources { return .resources(resources) }
            return rest.isEmpty && !people.isEmpty ? .people(people) : nil
        case .clashes:
            if let resources { return .resources(resources) }
            guard rest.isEmpty else { return nil }
            return people.isEmpty ? .everything : .people(people)
        case .holders:
            if let resources { return .resources(resources) }
            return rest.isEmpty ? nil : .titled(rest, people: people)
        case .next, .last, .occurrence:
            if rest.isEmpty {
                // "my next booking", "what is next?"
                guard phrasing.isAboutEntries else { return nil }
                return people.isEmpty ? .everything : .people(people)
            }
            return .titled(rest, people: people)
        case .agenda:
            if let resources, !phrasing.isAboutMe { return .resources(resources) }
            if rest.isEmpty { return people.isEmpty ? .everything : .people(people) }
            return .titled(rest, people: people)
        }
    }
}
