import Domain
import Retrieval

/// Finds in a question the instruments, rooms and people of the lab, and tells whether a title is meant.
struct CalendarNames {
    private let resources: [(name: String, terms: Set<String>)]
    private let people: [(id: UserID, terms: Set<String>)]

    init(_ vocabulary: CalendarVocabulary) {
        resources = vocabulary.resources.sorted().map { ($0, Self.terms(of: $0)) }
        people = vocabulary.people.sorted { $0.key < $1.key }.map { ($0.key, Self.terms(of: $0.value)) }
    }

    /// The resources that most of these words name; all of them when several fit as well ("the hood" of two hoods).
    ///
    /// - Returns: nil unless every word is part of the name.
    func resources(named words: [String]) -> [String]? {
        guard !words.isEmpty else { return nil }
        let terms = words.map(EnglishStemmer.stem)
        let fitting = resources.filter { resource in terms.allSatisfy { Self.occurs($0, in: resource.terms) } }
        return fitting.isEmpty ? nil : fitting.map(\.name)
    }

    /// Marks names of people as understood.
    func people(_ words: inout SpokenWords) -> [UserID] {
        var found: [UserID] = []
        for (index, word) in words.rest where word.count > 2 {
            let stem = EnglishStemmer.stem(word)
            let named = people.filter { $0.terms.contains(stem) }.map(\.id)
            guard !named.isEmpty else { continue }
            words.use(index..<(index + 1))
            // A first name that two people have is narrowed by the last name.
            let both = found.filter(named.contains)
            if both.isEmpty {
                found += named
            } else if index > 0 {
                found = found.filter { !both.contains($0) } + both
                found.removeAll { id in people.first { $0.id == id }.map { !$0.terms.contains(stem) } ?? false }
            }
        }
        return found
    }

    static func terms(of text: String) -> Set<String> {
        Set(SpokenWords.words(of: text).map(EnglishStemmer.stem))
    }

    /// "centrifuge" for "Ultracentrifuge", "spec" for "spectrometer".
    static func occurs(_ term: String, in terms: Set<String>) -> Bool {
        terms.contains(term)
            || term.count >= 4 && terms.contains { $0.hasPrefix(term) || (term.count >= 6 && $0.hasSuffix(term)) }
    }

    /// "Open day of the institute" is an open day, "Rehearsal for the open day" is not.
    private static func begins(_ title: String, with terms: Set<String>) -> Bool {
        let words = SpokenWords.words(of: title).filter { !fillers.contains($0) }.map(EnglishStemmer.stem)
        return terms.count > 1 && Set(words.prefix(terms.count)) == terms
    }

    /// How entries fit the words of a question: those whose title is exactly that, else those whose title begins with it,
    /// else those whose title says it all, else those that say it all somewhere and part of it in the title.
    static func entries(_ entries: [CalendarEntry], titled words: [String]) -> [CalendarEntry] {
        let terms = Set(words.map(EnglishStemmer.stem))
        guard !terms.isEmpty else { return [] }
        var exact: [CalendarEntry] = []
        var leading: [CalendarEntry] = []
        var titled: [CalendarEntry] = []
        var mentioned: [CalendarEntry] = []
        for entry in entries {
            let title = Self.terms(of: entry.title)
            if title.subtracting(fillers) == terms {
                exact.append(entry)
            } else if Self.begins(entry.title, with: terms) {
                leading.append(entry)
            } else if terms.allSatisfy({ occurs($0, in: title) }) {
                titled.append(entry)
            } else if terms.contains(where: { occurs($0, in: title) }) {
                let all = title.union(
                    Self.terms(of: [entry.resource, entry.description].compactMap { $0 }.joined(separator: " "))
                )
                if terms.allSatisfy({ occurs($0, in: all) }) { mentioned.append(entry) }
            }
        }
        return [exact, leading, titled, mentioned].first { !$0.isEmpty } ?? []
    }

    private static let fillers: Set<String> = ["on", "of", "the", "a", "an", "in", "for", "and", "with"]
}
