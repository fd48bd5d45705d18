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
struct SpokenTimeReader {
    let local: LocalTime
    let now: Date
    /// Weekdays without more are the last ones in a question about the past, the next ones otherwise.
    let isPast: Bool

    private var today: Int { local.day(of: now) }

    func read(_ words: inout SpokenWords) -> SpokenTime {
        for phrase in [["right", "now"], ["just", "now"], ["at", "the", "moment"], ["at", "present"]] {
            if let place = words.place(of: phrase) {
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
            case .until: return span(now, local.start(of: range.upperBound))
            case .before: return span(now, local.start(of: first))
            case .after: return span(local.start(of: range.upperBound), local.start(of: range.upperBound + 7))
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

    private func span(_ start: Date, _ end: Date) -> SpokenTime {
        .span(DateInterval(start: start, end: max(start, end)))
    }

    // MARK: "the next two weeks", "the last 3 days"

    private func rolling(_ words: inout SpokenWords) -> SpokenTime? {
        for index in words.indices where ["next", "last", "past", "coming", "following"].contains(words[index]) {
            guard let count = SpokenNumbers.number(words[index + 1]),
                let length = SpokenNumbers.days(in: words[index + 2]), (1...400).contains(count * length)
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

    // MARK: Days

    private func days(_ words: inout SpokenWords) -> SpokenDays? {
        var index = 0
        while index < words.words.count {
            guard let found = day(&words, at: index) else {
                index += 1
                continue
            }
            var range = found.range
            var bound = SpokenDays.Bound(words[found.words.lowerBound - 1])
            words.use(found.words)
            let joint = words[found.words.upperBound]
            if ["to", "until", "till", "through", "and", "-"].contains(joint), bound != .since,
                let other = day(&words, at: found.words.upperBound + 1, notBefore: range.lowerBound),
                other.range.lowerBound >= range.lowerBound
            {
                words.use(found.words.upperBound..<other.words.upperBound)
                range = range.lowerBound..<other.range.upperBound
                bound = .within
            } else if let week = weekAfter(found.words.upperBound, &words), range.count == 1 {
                // "Friday next week"
                let offset = LocalTime.weekday(range.lowerBound) - LocalTime.weekday(week.lowerBound)
                range = (week.lowerBound + (offset + 7) % 7)..<(week.lowerBound + (offset + 7) % 7 + 1)
            }
            if bound != .within { words.use((found.words.lowerBound - 1)..<found.words.lowerBound) }
            return SpokenDays(range: range, bound: bound)
        }
        return nil
    }

    private func weekAfter(_ index: Int, _ words: inout SpokenWords) -> Range<Int>? {
        var place = index
        while ["of", "in", "the"].contains(words[place]) { place += 1 }
        guard words[place + 1] == "week", let offset = Self.offset(words[place]) else { return nil }
        words.use(index..<(place + 2))
        return local.week(of: today + 7 * offset)
    }

    private static func offset(_ word: String) -> Int? {
        switch word {
        case "this": 0
        case "next", "coming", "following": 1
        case "last", "previous", "past": -1
        default: nil
        }
    }

    private func day(_ words: inout SpokenWords, at index: Int, notBefore: Int? = nil) -> Found? {
        relative(words, index) ?? unit(words, index) ?? weekday(words, index, notBefore: notBefore)
            ?? date(words, index) ?? counted(words, index)
    }

    private struct Found {
        let range: Range<Int>
        let words: Range<Int>

        init(_ range: Range<Int>, _ words: Range<Int>) {
            self.range = range
            self.words = words
        }

        init(day: Int, _ words: Range<Int>) {
            self.init(day..<(day + 1), words)
        }
    }

    private func relative(_ words: SpokenWords, _ index: Int) -> Found? {
        func phrase(_ text: String) -> Int? {
            let phrase = text.split(separator: " ").map(String.init)
            return phrase.indices.allSatisfy { words[index + $0] == phrase[$0] } ? phrase.count : nil
        }
        for (text, offset) in [
            ("the day after tomorrow", 2), ("day after tomorrow", 2), ("the day before yesterday", -2),
            ("day before yesterday", -2), ("tomorrow", 1), ("yesterday", -1), ("today", 0),
        ] {
            if let length = phrase(text) { return Found(day: today + offset, index..<(index + length)) }
        }
        // The evening itself is read with the clock times.
        if words[index] == "tonight" { return Found(day: today, index..<index) }
        return nil
    }

    /// "this week", "next month", "the weekend", "this weekend"
    private func unit(_ words: SpokenWords, _ index: Int) -> Found? {
        let offset = Self.offset(words[index])
        let noun = offset == nil ? words[index] : words[index + 1]
        let place = index..<(index + (offset == nil ? 1 : 2))
        switch noun {
        case "week":
            guard let offset else { return nil }
            return Found(local.week(of: today + 7 * offset), place)
        case "month":
            guard let offset else { return nil }
            return Found(local.month(of: today, offset: offset), place)
        case "weekend":
            // Saturday of the week that begins on Monday.
            let monday = today - LocalTime.weekday(today)
            var saturday = monday + 5 + 7 * (offset ?? 0)
            if offset == nil, isPast, saturday > today { saturday -= 7 }
            return Found(saturday..<(saturday + 2), place)
        default: return nil
        }
    }

    private func weekday(_ words: SpokenWords, _ index: Int, notBefore: Int?) -> Found? {
        let modifier =
            ["this", "next", "last", "coming", "past", "previous", "following"].contains(words[index])
            ? words[index] : nil
        let place = index + (modifier == nil ? 0 : 1)
        guard let weekday = SpokenNumbers.weekday(words[place]) else { return nil }
        let ahead = (weekday - LocalTime.weekday(today) + 7) % 7
        var day =
            switch modifier {
            case "next", "coming", "following": today + (ahead == 0 ? 7 : ahead)
            case "last", "past", "previous": today + ahead - 7
            default: isPast && ahead > 0 ? today + ahead - 7 : today + ahead
            }
        if let notBefore, modifier == nil, day < notBefore { day += 7 }
        return Found(day: day, index..<(place + 1))
    }

    /// "25 November", "November 25th", "2026-11-25", "the 25th"; a month alone is the whole month.
    private func date(_ words: SpokenWords, _ index: Int) -> Found? {
        if let match = words[index].wholeMatch(of: /(\d{4})-(\d{2})-(\d{2})/), let year = Int(match.1),
            let month = Int(match.2), let date = Int(match.3), (1...12).contains(month), (1...31).contains(date)
        {
            return Found(day: LocalTime.day(year: year, month: month, day: date), index..<(index + 1))
        }
        var place = index
        if words[place] == "the" { place += 1 }
        if let date = SpokenNumbers.dayOfMonth(words[place]) {
            let next = words[place + 1] == "of" ? place + 2 : place + 1
            if let month = SpokenNumbers.month(words[next]) {
                return monthDay(month, date, words, index..<(next + 1))
            }
            // "the 25th"
            guard words[place].last?.isLetter == true else { return nil }
            return Found(day: ordinal(date), index..<(place + 1))
        }
        guard let month = SpokenNumbers.month(words[index]) else { return nil }
        if let date = SpokenNumbers.dayOfMonth(words[index + 1]) {
            return monthDay(month, date, words, index..<(index + 2))
        }
        // "may" and "march" are mostly no months.
        guard ["in", "last", "next", "since", "during", "until"].contains(words[index - 1]) else { return nil }
        let days = monthDay(month, 1, words, index..<(index + 1))
        return Found(local.month(of: days.range.lowerBound), days.words)
    }

    private func monthDay(_ month: Int, _ date: Int, _ words: SpokenWords, _ place: Range<Int>) -> Found {
        if let year = Int(words[place.upperBound]), (1990...2200).contains(year) {
            return Found(
                day: LocalTime.day(year: year, month: month, day: date),
                place.lowerBound..<(place.upperBound + 1)
            )
        }
        let thisYear = LocalTime.civil(today).year
        var day = LocalTime.day(year: thisYear, month: month, day: date)
        // The nearest one that fits the tense; half a year around it otherwise.
        if isPast, day > today { day = LocalTime.day(year: thisYear - 1, month: month, day: date) }
        if !isPast, day < today - 180 { day = LocalTime.day(year: thisYear + 1, month: month, day: date) }
        return Found(day: day, place)
    }

    private func ordinal(_ date: Int) -> Int {
        let month = local.month(of: today)
        let day = month.lowerBound + date - 1
        if isPast { return day > today ? local.month(of: today, offset: -1).lowerBound + date - 1 : day }
        return day < today ? local.month(of: today, offset: 1).lowerBound + date - 1 : day
    }

    /// "in 3 days", "two weeks ago", "a week from now"
    private func counted(_ words: SpokenWords, _ index: Int) -> Found? {
        let start = words[index] == "in" ? index + 1 : index
        guard let count = SpokenNumbers.number(words[start]), let length = SpokenNumbers.days(in: words[start + 1]),
            (1...400).contains(count * length)
        else { return nil }
        if words[start + 2] == "ago" { return Found(day: today - count * length, start..<(start + 3)) }
        if words[index] == "in" { return Found(day: today + count * length, index..<(start + 2)) }
        if words[start + 2] == "from", ["now", "today"].contains(words[start + 3]) {
            return Found(day: today + count * length, start..<(start + 4))
        }
        return nil
    }
}

/// Days that a question names, and how it bounds them.
struct SpokenDays {
    enum Bound {
        case within, since, until, before, after

        init(_ word: String) {
            switch word {
            case "since": self = .since
            case "until", "till", "by": self = .until
            case "before": self = .before
            case "after": self = .after
            default: self = .within
            }
        }
    }

    let range: Range<Int>
    let bound: Bound
}
