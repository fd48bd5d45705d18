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
    case price
    /// A day, a date, a time of day.
    case time
    /// A number; the stem of the word that says of what.
    case measure(String)
    /// A name, a number or a code; the stem of the word that says of what.
    case named(String)
    case anything

    /// Least cosine of what is wanted, such as "transfection reagent", and a passage that names one without the word.
    private static let leastLikeness = 0.3

    package init(question: String) { self = QuestionShape(question).wanted }

    /// - Parameter noun: what is wanted, when it has a name.
    init(_ words: [String], noun: String?) {
        if let how = words.firstIndex(of: "how"), how <= 1, words.indices.contains(how + 1),
            Self.measures.contains(words[how + 1])
        {
            self = words.contains(where: Self.paying.contains) ? .price : .quantity
        } else if words.first == "when" || noun.map(Self.dated.contains) ?? false {
            self = .time
        } else if let noun, !Self.formless.contains(noun), let stem = Terms.terms(of: noun).first {
            self = Self.measured.contains(noun) ? .measure(stem) : .named(stem)
        } else {
            self = .anything
        }
    }

    /// - Parameters:
    ///   - likeness: cosine of the text and what is wanted; nil without an embedder.
    ///   - isPerson: people are no answer to a question after a thing.
    package func mayBeTold(
        by text: String,
        asked: Wording,
        likeness: Double? = nil,
        isPerson: (String) -> Bool = { _ in false }
    ) -> Bool {
        func isNews(_ token: Token) -> Bool { Wording(token.text).share(in: asked) == 0 }
        func hasNumber() -> Bool { Self.tokens(text).contains { Self.isNumber($0.text) && isNews($0) } }
        switch self {
        case .anything: return true
        case .quantity: return hasNumber()
        // "The 3rd and 4th" has no word of time, and tells which days.
        case .time: return hasNumber() || TimeWords.occur(in: text)
        case .price: return hasNumber() && Self.speaksOfMoney(text)
        case .measure(let stem): return Terms.terms(of: text).contains(stem) || hasNumber()
        case .named(let stem):
            if Terms.terms(of: text).contains(stem) { return true }
            guard likeness ?? 1 >= Self.leastLikeness else { return false }
            return Self.tokens(text).contains { token in
                (token.text.contains(where: \.isNumber) || Self.isName(token)) && isNews(token) && !isPerson(token.text)
            }
        }
    }

    static func hasNumber(_ text: String) -> Bool { tokens(text).contains { isNumber($0.text) } }

    // MARK: Reading the question

    private static let measures: Set = ["many", "much", "long", "large", "often", "old", "far", "big", "high", "heavy"]
    private static let paying: Set = ["cost", "costs", "price", "pay", "pays", "paid", "expensive"]
    /// Nouns for what can have any form.
    private static let formless: Set = [
        "happened", "happens", "step", "steps", "way", "ways", "procedure", "reason", "reasons", "purpose",
        "difference",
        "plan", "plans", "problem", "problems", "meaning", "result", "results",
    ]
    private static let dated: Set = ["day", "days", "date", "dates", "weekday", "weekdays", "month", "months"]
    private static let measured: Set = [
        "size", "temperature", "level", "resolution", "concentration", "length", "weight", "speed", "rate", "yield",
        "time", "times", "number", "dose", "price", "amount", "volume", "distance", "age", "pressure", "voltage",
        "percentage", "share", "dilution", "score", "limit", "width", "height", "depth", "thickness", "duration",
        "mass",
        "charge", "intensity",
    ]

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

    private static let money: Set = [
        "cost", "costs", "price", "prices", "priced", "pay", "pays", "paid", "euro", "euros", "eur", "usd", "gbp",
        "dollar", "dollars", "offer", "offers", "invoice", "invoices", "expensive", "cheap", "fee", "fees",
    ]

    private static func speaksOfMoney(_ text: String) -> Bool {
        text.contains(where: \.isCurrencySymbol) || text.contains(/\b\d{1,3},\d{3}\b/)
            || QuestionShape.words(of: text).contains(where: money.contains)
    }
}
