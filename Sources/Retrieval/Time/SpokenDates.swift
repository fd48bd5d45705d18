/// Weekdays and dates.
extension SpokenTimeReader {
    func weekday(_ words: SpokenWords, _ index: Int, notBefore: Int?) -> Found? {
        let modifier =
            ["this", "next", "last", "coming", "past", "previous", "following"].contains(words[index])
            ? words[index] : nil
        let place = index + (modifier == nil ? 0 : 1)
        guard let weekday = SpokenNumbers.weekday(words[place]) else { return nil }
        // What stands for a day only where a day is expected.
        if ["sun", "sat"].contains(words[place]), modifier == nil, !Self.openings.contains(words[index - 1]) {
            return nil
        }
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

    private static let openings: Set<String> = [
        "on", "by", "since", "until", "till", "before", "after", "from", "to", "and", "free", "for", "available",
        "booked",
        "every",
    ]

    /// "25 November", "November 25th", "2026-11-25", "the 25th"; a month alone is the whole month, a year the whole year.
    func date(_ words: SpokenWords, _ index: Int) -> Found? {
        if words[index].utf8.count == 10, let match = words[index].wholeMatch(of: /(\d{4})-(\d{2})-(\d{2})/),
            let year = Int(match.1),
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
        guard let month = SpokenNumbers.month(words[index]) else { return year(words, index) }
        if let date = SpokenNumbers.dayOfMonth(words[index + 1]) {
            return monthDay(month, date, words, index..<(index + 2))
        }
        // "may" and "march" are mostly no months.
        guard Self.monthOpenings.contains(words[index - 1]) || Self.yearNumber(words[index + 1]) != nil else {
            return nil
        }
        let days = monthDay(month, 1, words, index..<(index + 1))
        return Found(local.month(of: days.range.lowerBound), days.words)
    }

    private static let monthOpenings: Set<String> = [
        "in", "last", "next", "since", "during", "until", "of", "before", "after", "this", "early", "late", "mid",
    ]

    /// "in 2023"
    private func year(_ words: SpokenWords, _ index: Int) -> Found? {
        guard let year = Self.yearNumber(words[index]), Self.yearOpenings.contains(words[index - 1]) else { return nil }
        return Found(LocalTime.year(year), index..<(index + 1))
    }

    private static let yearOpenings: Set<String> = [
        "in", "since", "during", "before", "after", "until", "till", "year", "early", "late", "spring", "summer",
        "autumn",
        "fall", "winter",
    ]

    private static func yearNumber(_ word: String) -> Int? {
        guard word.count == 4, let year = Int(word), (1990...2200).contains(year) else { return nil }
        return year
    }

    private func monthDay(_ month: Int, _ date: Int, _ words: SpokenWords, _ place: Range<Int>) -> Found {
        if let year = Self.yearNumber(words[place.upperBound]) {
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

    /// "in 3 days", "two weeks ago", "a week from now"; so many months or years are those whole months and years.
    func counted(_ words: SpokenWords, _ index: Int) -> Found? {
        let start = words[index] == "in" ? index + 1 : index
        guard let count = SpokenNumbers.number(words[start]), count > 0 else { return nil }
        if let rough = Self.roughDays(in: words[start + 1]), count * rough <= Self.furthest {
            let isAgo = words[start + 2] == "ago"
            guard isAgo || words[index] == "in" else { return nil }
            let offset = isAgo ? -count : count
            let range =
                rough == 30
                ? local.month(of: today, offset: offset) : LocalTime.year(LocalTime.civil(today).year + offset)
            return Found(range, (isAgo ? start : index)..<(start + (isAgo ? 3 : 2)))
        }
        guard let length = SpokenNumbers.days(in: words[start + 1]), count * length <= Self.furthest else { return nil }
        if words[start + 2] == "ago" { return Found(day: today - count * length, start..<(start + 3)) }
        if words[index] == "in" { return Found(day: today + count * length, index..<(start + 2)) }
        if words[start + 2] == "from", ["now", "today"].contains(words[start + 3]) {
            return Found(day: today + count * length, start..<(start + 4))
        }
        return nil
    }
}
