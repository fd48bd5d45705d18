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

extension SpokenTimeReader {
    func days(_ words: inout SpokenWords) -> SpokenDays? {
        var index = 0
        while index < words.words.count {
            guard !words.isUsed[index], let found = day(&words, at: index) else {
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

    func day(_ words: inout SpokenWords, at index: Int, notBefore: Int? = nil) -> Found? {
        relative(words, index) ?? unit(words, index) ?? weekday(words, index, notBefore: notBefore)
            ?? date(words, index) ?? counted(words, index)
    }

    struct Found {
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

    private static let relativeDays: [(phrase: [String], offset: Int)] = [
        ("the day after tomorrow", 2), ("day after tomorrow", 2), ("the day before yesterday", -2),
        ("day before yesterday", -2), ("tomorrow", 1), ("yesterday", -1), ("today", 0),
    ].map { ($0.split(separator: " ").map(String.init), $1) }

    private func relative(_ words: SpokenWords, _ index: Int) -> Found? {
        for (phrase, offset) in Self.relativeDays
        where phrase.indices.allSatisfy({ words[index + $0] == phrase[$0] }) {
            return Found(day: today + offset, index..<(index + phrase.count))
        }
        // The night itself is read with the clock times, as is the evening.
        if words[index] == "last", words[index + 1] == "night" { return Found(day: today - 1, index..<(index + 1)) }
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
        case "year":
            guard let offset else { return nil }
            return Found(LocalTime.year(LocalTime.civil(today).year + offset), place)
        case "weekend":
            // Saturday of the week that begins on Monday.
            let monday = today - LocalTime.weekday(today)
            var saturday = monday + 5 + 7 * (offset ?? 0)
            if offset == nil, isPast, saturday > today { saturday -= 7 }
            return Found(saturday..<(saturday + 2), place)
        default: return nil
        }
    }
}
