import Foundation

/// Times that a question hangs on an event: "before the workshop", "since the group meeting".
struct EventAnchors {
    struct Event {
        let title: String
        let start: Date
        let end: Date
    }

    /// How far before or after an event is still near it.
    private static let reach: TimeInterval = 28 * 86_400
    private static let longestName = 4

    private let words: SpokenWords
    private let anchors: [Anchor]

    private struct Anchor {
        let relation: String
        /// Stems of what stands after it: the event's name and what follows.
        let name: [String]
        let modifier: String
    }

    init(_ question: String) {
        words = SpokenWords(question)
        var anchors: [Anchor] = []
        for index in words.indices where Self.relations.contains(words[index]) {
            var place = index + 1
            var modifier = ""
            while Self.determiners.contains(words[place]) {
                modifier = words[place]
                place += 1
            }
            let name = words.words.dropFirst(place).prefix(Self.longestName)
                .prefix { !StopWords.contains($0) && $0.first?.isLetter == true }
            guard !name.isEmpty else { continue }
            anchors.append(Anchor(relation: words[index], name: name.map(EnglishStemmer.stem), modifier: modifier))
        }
        self.anchors = anchors
    }

    /// Whether events need be looked at.
    var isEmpty: Bool { anchors.isEmpty }

    func ranges(_ events: [Event], now: Date) -> [Range<Date>] {
        let named = events.map { (event: $0, terms: Set(Terms.terms(of: $0.title))) }
        return anchors.compactMap { anchor in
            // The longest beginning of the name that some title has.
            for count in stride(from: anchor.name.count, through: 1, by: -1) {
                let fitting = named.filter { $0.terms.isSuperset(of: anchor.name.prefix(count)) }.map(\.event)
                guard let event = meant(fitting, anchor, now) else { continue }
                return Self.range(anchor.relation, event, now)
            }
            return nil
        }
    }

    /// Of several the one that the tense points to, else the next, else the last.
    private func meant(_ events: [Event], _ anchor: Anchor, _ now: Date) -> Event? {
        let past = events.filter { $0.start <= now }.max { $0.start < $1.start }
        let coming = events.filter { $0.start > now }.min { $0.start < $1.start }
        switch anchor.modifier {
        case "last", "previous": return past ?? coming
        case "next", "coming", "upcoming": return coming ?? past
        default: break
        }
        if anchor.relation == "since" || Tense(words) == .past { return past ?? coming }
        return coming ?? past
    }

    private static func range(_ relation: String, _ event: Event, _ now: Date) -> Range<Date>? {
        let end = max(event.start, event.end)
        let range: (Date, Date) =
            switch relation {
            case "before", "until", "till": (event.start - reach, event.start)
            case "after": (end, end + reach)
            case "since": (end, max(now, end))
            default: (event.start, end)
            }
        return range.0 < range.1 ? range.0..<range.1 : nil
    }

    private static let relations: Set<String> = ["before", "after", "since", "until", "till", "during"]
    private static let determiners: Set<String> = [
        "the", "a", "our", "this", "that", "my", "last", "previous", "next", "coming", "upcoming", "every",
    ]
}
