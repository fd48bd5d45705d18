import Foundation
package import Retrieval

/// What a question wants to be told, read from its opening words.
///
/// A passage can speak of the very thing and still not tell: "the manuscript is submitted" does not say to which
/// journal. It may tell if it has the word for what is wanted, or something of its kind: a number for "how many", a name
/// or a number for "which journal". The expected answer type of question answering (Li and Roth, 2002), in its coarsest
/// form: it only refuses passages that cannot tell.
package enum WantedValue: Equatable {
    case quantity
    /// A name, a number or a code; the stem of the word that says of what.
    case named(String)
    case anything

    package init(question: String) {
        let words = question.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "'" && $0 != "-" }
            .map(String.init)
        if let how = words.firstIndex(of: "how"), how <= 1, words.indices.contains(how + 1),
            Self.measures.contains(words[how + 1])
        {
            self = .quantity
        } else if let noun = Self.wantedNoun(words) {
            self = .named(noun)
        } else {
            self = .anything
        }
    }

    /// - Parameter isPerson: people are no answer to a question after a thing.
    package func mayBeTold(by text: String, asked: Wording, isPerson: (String) -> Bool = { _ in false }) -> Bool {
        switch self {
        case .anything: return true
        case .quantity: return Self.tokens(text).contains { Self.isNumber($0.text) }
        case .named(let stem):
            if Terms.terms(of: text).contains(stem) { return true }
            return Self.tokens(text).contains { token in
                (token.text.contains(where: \.isNumber) || Self.isName(token))
                    && Wording(token.text).share(in: asked) == 0 && !isPerson(token.text)
            }
        }
    }

    func tellingPassages(_ passages: [ContextPassage], asked: Wording, _ people: People) -> [ContextPassage] {
        passages.filter { passage in
            // A conversation's name says where something was said, not what.
            let told = passage.turns.map(\.text).joined(separator: "\n")
            return mayBeTold(by: told, asked: asked) { !people.named(in: $0).isEmpty }
        }
    }

    // MARK: Reading the question

    private static let measures: Set = ["many", "much", "long", "large", "often", "old", "far", "big", "high", "heavy"]
    private static let copulas: Set = ["is", "was", "are", "were"]
    private static let articles: Set = ["the", "a", "an", "our", "my", "your", "their", "his", "her"]
    /// Words that end the noun that stands before them.
    private static let closers: Set = [
        "of", "for", "in", "on", "at", "to", "from", "by", "with", "do", "does", "did", "is", "was", "are", "were",
        "has",
        "have", "had", "can", "could", "should", "shall", "will", "would", "may", "must", "we", "i", "you", "they",
        "it",
    ]

    /// "Which journal did we …": journal. "What is the author order of …": order. "What did Emma …": nothing named.
    private static func wantedNoun(_ words: [String]) -> String? {
        guard let first = words.first, ["which", "what"].contains(first) else { return nil }
        var rest = words.dropFirst()
        if let copula = rest.first, copulas.contains(copula) {
            rest = rest.dropFirst()
            guard let article = rest.first, articles.contains(article) else { return nil }
            rest = rest.dropFirst()
            // Without "of" or the like it is the thing itself that is asked about: "what is the problem?"
            guard let end = rest.firstIndex(where: closers.contains), end > rest.startIndex else { return nil }
            return stem(rest[end - 1])
        }
        guard let end = rest.firstIndex(where: closers.contains), end > rest.startIndex else { return nil }
        return stem(rest[end - 1])
    }

    private static func stem(_ word: String) -> String? { Terms.terms(of: word).first }

    // MARK: Reading a passage

    private struct Token {
        let text: String
        /// A capital says nothing there.
        let opensSentence: Bool
    }

    private static func tokens(_ text: String) -> [Token] {
        var tokens: [Token] = []
        for line in text.split(whereSeparator: \.isNewline) {
            var opens = true
            for part in line.split(whereSeparator: \.isWhitespace) {
                let word = part.trimmingCharacters(in: .punctuationCharacters.union(.symbols))
                if !word.isEmpty { tokens.append(Token(text: word, opensSentence: opens)) }
                let endsSentence = part.last.map { ".!?:;|".contains($0) } ?? false
                opens = endsSentence || (word.isEmpty && opens)
            }
        }
        return tokens
    }

    private static let numberWords: Set = [
        "no", "none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "once", "twice", "half", "dozen", "daily", "weekly", "monthly", "yearly", "every", "all",
    ]

    private static func isNumber(_ word: String) -> Bool {
        word.contains(where: \.isNumber) || numberWords.contains(word.lowercased())
    }

    private static func isName(_ token: Token) -> Bool {
        guard token.text.count > 1, let first = token.text.first else { return false }
        let capitals = token.text.count(where: \.isUppercase)
        return capitals > 1 || (first.isUppercase && !token.opensSentence)
    }
}
