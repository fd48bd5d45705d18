import Foundation
import Retrieval

/// How a question is built: what it wants to be told, and the word that whatever answers it must speak of.
package struct QuestionShape {
    package let wanted: WantedValue
    /// As it was asked: "transfection reagent", "password".
    let wantedPhrase: String?
    let wantedWord: String?
    /// "Where is the defibrillator of …": who does not speak of one does not tell where it is.
    package let focus: String?
    /// Least cosine of the focus and something that speaks of it in other words.
    static let leastLikeness = 0.25
    /// "How do I …", "Why does …": somebody is in trouble.
    let seeksAdvice: Bool
    let asksHow: Bool

    package init(_ question: String) {
        let words = Self.words(of: question)
        let noun = Self.wantedNoun(words)
        wanted = WantedValue(words, noun: noun?.last)
        // A measure is told by a number.
        if case .named = wanted {
            wantedPhrase = noun?.joined(separator: " ")
            wantedWord = noun?.last
        } else {
            wantedPhrase = nil
            wantedWord = nil
        }
        asksHow = words.first == "how" && words.dropFirst().first.map(Self.advising.contains) ?? false
        seeksAdvice = asksHow || words.first == "why"
        focus = Self.focus(words, asksHow: asksHow)
    }

    static func words(of text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "'" && $0 != "-" }.map(String.init)
    }

    // MARK: Nouns

    private static let copulas: Set = ["is", "was", "are", "were"]
    private static let articles: Set = ["the", "a", "an", "our", "my", "your", "their", "his", "her"]
    private static let advising: Set = ["do", "can", "should", "to", "did", "could", "would"]
    /// Words that end the noun that stands before them.
    private static let closers: Set = [
        "of", "for", "in", "on", "at", "to", "from", "by", "with", "do", "does", "did", "is", "was", "are", "were",
        "has", "have", "had", "can", "could", "should", "shall", "will", "would", "may", "must", "we", "i", "you",
        "they", "it", "that", "so", "when", "after", "before", "during", "against", "about", "under", "between",
        "stored", "kept", "found", "located",
    ]

    /// "Which journal did we …": journal. "What is the author order of …": author order. "What did Emma …": none.
    private static func wantedNoun(_ words: [String]) -> [String]? {
        guard let first = words.first, ["which", "what"].contains(first) else { return nil }
        var rest = words.dropFirst()
        if let copula = rest.first, copulas.contains(copula) {
            rest = rest.dropFirst()
            guard let article = rest.first, articles.contains(article) else { return nil }
            rest = rest.dropFirst()
        }
        // Without "of" or the like it is the thing itself that is asked about: "what is the problem?"
        guard let end = rest.firstIndex(where: closers.contains), end > rest.startIndex else { return nil }
        return Array(rest[..<end])
    }

    private static func focus(_ words: [String], asksHow: Bool) -> String? {
        var rest = words.dropFirst(2)
        if asksHow {
            // "How do I order …": order.
            if let subject = rest.first, ["i", "we", "you", "one", "they"].contains(subject) {
                rest = rest.dropFirst()
            }
            return rest.first.flatMap { Wording($0).isEmpty ? nil : $0 }
        }
        guard words.first == "where", words.count > 2, copulas.contains(words[1]) else { return nil }
        if let article = rest.first, articles.contains(article) { rest = rest.dropFirst() }
        // Numbers tell one of its kind from another.
        return rest.prefix { !closers.contains($0) }.last { !$0.contains(where: \.isNumber) }
            .flatMap { Wording($0).isEmpty ? nil : $0 }
    }
}
