/// The clock time that a question speaks of, in minutes from midnight.
enum SpokenClock: Equatable {
    case at(Int)
    case between(Int, Int)
    case after(Int)
    case before(Int)

    static func read(_ words: inout SpokenWords) -> SpokenClock? {
        let part = partOfDay(&words)
        for index in words.indices where !words.isUsed[index] {
            if let range = range(words, index, part) {
                words.use(range.words)
                return .between(range.from, range.to)
            }
        }
        for index in words.indices where !words.isUsed[index] {
            let cue = words[index - 1]
            let isCued = ["at", "around", "about", "after", "from", "before", "until", "till", "by", "since"].contains(
                cue
            )
            guard let time = time(words, index), time.isCertain || isCued else { continue }
            words.use((isCued ? index - 1 : index)..<time.next)
            let minute = time.resolved(part)
            switch cue {
            case "after", "from", "since": return .after(minute)
            case "before", "until", "till", "by": return .before(minute)
            default: return .at(minute)
            }
        }
        return part.map { .between($0.from, $0.to) }
    }

    struct Part {
        let from: Int
        let to: Int

        var isLate: Bool { from >= 12 * 60 }
    }

    /// Morning 6 to 12, afternoon 12 to 18, evening 18 to 22, night 22 to 6; lunch time 12 to 13.
    private static func partOfDay(_ words: inout SpokenWords) -> Part? {
        let parts: [(Set<String>, Part)] = [
            (["morning", "mornings"], Part(from: 6 * 60, to: 12 * 60)),
            (["afternoon", "afternoons"], Part(from: 12 * 60, to: 18 * 60)),
            (["tonight"], Part(from: 18 * 60, to: 24 * 60)),
            (["evening", "evenings"], Part(from: 18 * 60, to: 22 * 60)),
            (["night", "overnight"], Part(from: 22 * 60, to: 6 * 60)),
            (["lunchtime", "lunch"], Part(from: 12 * 60, to: 13 * 60)),
        ]
        for (names, part) in parts {
            guard let place = words.indices.first(where: { names.contains(words[$0]) && !words.isUsed[$0] }) else {
                continue
            }
            words.use(place..<(place + 1))
            for before in [place - 1, place - 2] where ["in", "the", "this", "at", "on"].contains(words[before]) {
                words.use(before..<(before + 1))
            }
            return part
        }
        return nil
    }

    // MARK: One time

    private struct Time {
        let minute: Int
        /// Says by itself whether it is before or after noon.
        let isExact: Bool
        /// Can be nothing but a time, even without an "at".
        let isCertain: Bool
        let next: Int

        /// Without am or pm, one to six are in the afternoon: labs seldom meet before dawn.
        func resolved(_ part: Part?) -> Int {
            guard !isExact else { return minute }
            if let part { return part.isLate && minute < 12 * 60 ? minute + 12 * 60 : minute }
            return (60..<(7 * 60)).contains(minute) ? minute + 12 * 60 : minute
        }
    }

    private static func time(_ words: SpokenWords, _ index: Int) -> Time? {
        let word = words[index]
        switch word {
        case "noon", "midday": return Time(minute: 720, isExact: true, isCertain: true, next: index + 1)
        case "midnight": return Time(minute: 0, isExact: true, isCertain: true, next: index + 1)
        case "half", "quarter":
            guard ["past", "to"].contains(words[index + 1]), let hour = time(words, index + 2) else { return nil }
            let minutes = word == "half" ? 30 : 15
            let minute = words[index + 1] == "past" ? hour.minute + minutes : hour.minute - minutes
            guard minute >= 0 else { return nil }
            return Time(minute: minute, isExact: hour.isExact, isCertain: true, next: hour.next)
        default: break
        }
        // Making the pattern takes longer than all the rest: few words begin with a digit.
        guard word.first?.isNumber == true,
            let match = word.wholeMatch(of: /(\d{1,2})(?:[:.](\d{2}))?(am|pm|h)?/)
        else {
            guard let hour = SpokenNumbers.number(word), (1...12).contains(hour), word.count > 2 else { return nil }
            return ended(hour * 60, hasMinutes: false, suffix: nil, isPadded: false, words, index + 1)
        }
        guard let hour = Int(match.1), let minute = Int(match.2 ?? "0"), hour < 25, minute < 60 else { return nil }
        return ended(
            hour * 60 + minute,
            hasMinutes: match.2 != nil && !word.contains("."),
            suffix: match.3.map(String.init),
            isPadded: match.1.hasPrefix("0"),
            words,
            index + 1
        )
    }

    private static func ended(
        _ minute: Int,
        hasMinutes: Bool,
        suffix: String?,
        isPadded: Bool,
        _ words: SpokenWords,
        _ next: Int
    ) -> Time? {
        var next = next
        var suffix = suffix
        var isCertain = hasMinutes || suffix != nil
        if words[next] == "o'clock" {
            next += 1
            isCertain = true
        }
        if suffix == nil, ["am", "pm"].contains(words[next]), minute <= 12 * 60 + 59 {
            // "am I …" is no time of day.
            guard words[next] == "pm" || words[next + 1] != "i" else { return nil }
            suffix = words[next]
            next += 1
            isCertain = true
        }
        switch suffix {
        case "am": return Time(minute: minute % 720, isExact: true, isCertain: true, next: next)
        case "pm": return Time(minute: minute % 720 + 720, isExact: true, isCertain: true, next: next)
        case "h": return Time(minute: minute, isExact: true, isCertain: true, next: next)
        default:
            let isExact = minute >= 13 * 60 || isPadded
            return Time(minute: minute, isExact: isExact, isCertain: isCertain, next: next)
        }
    }

    // MARK: From, to

    /// "between 9 and 11", "from 2 to 4 pm", "9-11"
    private static func range(
        _ words: SpokenWords,
        _ index: Int,
        _ part: Part?
    ) -> (from: Int, to: Int, words: Range<Int>)? {
        let isCued = ["between", "from"].contains(words[index])
        let begin = isCued ? index + 1 : index
        guard let from = time(words, begin), ["to", "and", "until", "till", "-"].contains(words[from.next]),
            let to = time(words, from.next + 1)
        else { return nil }
        guard isCued || from.isCertain || to.isCertain || words[from.next] == "-" else { return nil }
        var end = to.resolved(part)
        var start = from.resolved(part)
        if to.isExact, !from.isExact {
            // "2 to 4 pm" begins at 2 pm, "11 to 1 pm" at 11.
            start = from.minute
            if start + 720 < end { start += end >= 720 ? 720 : 0 }
        } else if !to.isExact, end <= start, to.minute + 720 > start {
            end = to.minute + 720
        }
        return (start, end == 0 ? 1440 : end, index..<to.next)
    }
}
