package import Foundation

/// Times spoken of in a question, as ranges, resolved in the asker's time zone from the asker's now.
package enum TimeExpressions {
    /// More would be noise.
    private static let most = 4

    /// What a question about the past means by "Friday" is not what one about the future means; one that does not say
    /// which means either.
    package static func ranges(in question: String, now: Date, timeZone: TimeZone) -> [Range<Date>] {
        let words = SpokenWords(question)
        let local = LocalTime(timeZone)
        var ranges: [Range<Date>] = []
        for isPast in Tense(words).readings {
            var left = words
            let reader = SpokenTimeReader(local: local, now: now, isPast: isPast)
            for _ in 0..<most {
                guard let range = range(reader.read(&left)) else { break }
                if !ranges.contains(range) { ranges.append(range) }
            }
        }
        return ranges
    }

    private static func range(_ time: SpokenTime) -> Range<Date>? {
        switch time {
        case .unspecified: nil
        // A moment is a minute long.
        case .moment(let moment): moment..<moment.addingTimeInterval(60)
        case .span(let span): span.start..<max(span.end, span.start.addingTimeInterval(60))
        }
    }
}

/// Whether a question is about what was or what will be.
enum Tense {
    case past, future, either

    init(_ words: SpokenWords) {
        let isPast = words.has(Self.pastWords)
        let isFuture = words.has(Self.futureWords)
        self = isPast == isFuture ? .either : isPast ? .past : .future
    }

    /// As `SpokenTimeReader` wants it told, the likelier first.
    var readings: [Bool] {
        switch self {
        case .past: [true]
        case .future: [false]
        case .either: [true, false]
        }
    }

    private static let pastWords: Set<String> = [
        "had", "was", "were", "did", "been", "happened", "said", "wrote", "told", "discussed", "since", "ago", "used",
        "yesterday", "missed", "mentioned", "decided", "agreed", "posted", "sent", "went",
    ]
    private static let futureWords: Set<String> = [
        "will", "shall", "tomorrow", "planned", "upcoming", "going", "scheduled", "next", "coming", "deadline", "due",
    ]
}
