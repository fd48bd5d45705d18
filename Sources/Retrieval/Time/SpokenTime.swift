package import Foundation

/// The time that a question speaks of.
package enum SpokenTime: Equatable, Sendable {
    case unspecified
    /// One instant: "at 3", "now".
    case moment(Date)
    case span(DateInterval)

    package var interval: DateInterval? {
        switch self {
        case .unspecified: nil
        case .moment(let moment): DateInterval(start: moment, duration: 0)
        case .span(let span): span
        }
    }
}

/// Reads the time out of a question and marks the words that speak of it as understood.
package struct SpokenTimeReader {
    let local: LocalTime
    let now: Date
    /// Weekdays without more are the last ones in a question about the past, the next ones otherwise.
    let isPast: Bool

    package init(local: LocalTime, now: Date, isPast: Bool) {
        self.local = local
        self.now = now
        self.isPast = isPast
    }

    var today: Int { local.day(of: now) }

    /// The first time that is spoken of and not yet understood.
    package func read(_ words: inout SpokenWords) -> SpokenTime {
        for phrase in [["right", "now"], ["just", "now"], ["at", "the", "moment"], ["at", "present"]] {
            if let place = words.place(of: phrase), !words.isUsed[place.lowerBound] {
                words.use(place)
                return .moment(now)
            }
        }
        if words.has(["now", "currently"]) {
            words.use(all: ["now", "currently"])
            return .moment(now)
        }
        if let rolling = rolling(&words) { return rolling }
        let days = days(&words)
        let clock = SpokenClock.read(&words)
        return combine(days, clock)
    }

    private func combine(_ days: SpokenDays?, _ clock: SpokenClock?) -> SpokenTime {
        let range = days?.range ?? today..<(today + 1)
        let first = range.lowerBound
        switch (days, clock) {
        case (nil, nil): return .unspecified
        case (let days?, nil):
            switch days.bound {
            case .within: return .span(local.span(range))
            case .since: return span(local.start(of: first), max(now, local.start(of: first + 1)))
            case .until: return upTo(range.upperBound)
            case .before: return upTo(first)
            case .after:
                let start = local.start(of: range.upperBound)
                return span(start, isPast ? max(start, now) : local.start(of: range.upperBound + 7))
            }
        case (_, .at(let minute)): return .moment(local.date(first, minute: minute))
        case (_, .between(let from, let to)):
            // "tonight until 2" goes on after midnight.
            let last = to <= from ? range.upperBound : range.upperBound - 1
            return span(local.date(first, minute: from), local.date(last, minute: to))
        case (_, .after(let minute)):
            return span(local.date(first, minute: minute), local.start(of: range.upperBound))
        case (_, .before(let minute)):
            return span(local.start(of: first), local.date(range.upperBound - 1, minute: minute))
        }
    }

    /// From now on; what is over by now is reached from four weeks before.
    private func upTo(_ day: Int) -> SpokenTime {
        let end = local.start(of: day)
        return end > now ? span(now, end) : span(local.start(of: day - 28), end)
    }

    private func span(_ start: Date, _ end: Date) -> SpokenTime {
        .span(DateInterval(start: start, end: max(start, end)))
    }

    // MARK: "the next two weeks", "the last 3 days"

    private func rolling(_ words: inout SpokenWords) -> SpokenTime? {
        for index in words.indices
        where ["next", "last", "past", "coming", "following"].contains(words[index]) && !words.isUsed[index] {
            guard let count = SpokenNumbers.number(words[index + 1]) ?? (words[index + 1] == "few" ? 3 : nil),
                let length = SpokenNumbers.days(in: words[index + 2]) ?? Self.roughDays(in: words[index + 2]),
                (1...Self.furthest).contains(count * length)
            else { continue }
            words.use(index..<(index + 3))
            words.use(all: ["the", "in", "within", "over", "for", "during"])
            let days = count * length
            let isBack = ["last", "past"].contains(words[index])
            return isBack
                ? span(local.date(today - days, minute: local.minute(of: now)), now)
                : span(now, local.date(today + days, minute: local.minute(of: now)))
        }
        return nil
    }

    /// Days; ten years.
    static let furthest = 3653

    static func roughDays(in unit: String) -> Int? {
        switch unit {
        case "month", "months": 30
        case "year", "years": 365
        default: nil
        }
    }
}
