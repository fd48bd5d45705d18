/// The content words of a text, to be compared with those of another.
public struct Wording: Sendable {
    private let terms: Set<String>
    private let numbers: Set<String>
    /// Other spellings that stand for some of these words.
    private var shortForms = ShortForms()

    public init(_ text: String) {
        let terms = Terms.terms(of: text)
        self.terms = Set(terms)
        numbers = Set(terms.filter { $0.contains(where: \.isNumber) })
    }

    /// Of a question, whose words are also found in the short: "point spread function" in "PSF".
    package init(question: String) {
        self.init(question)
        shortForms = ShortForms(question)
    }

    package var count: Int { terms.count }

    public var isEmpty: Bool { terms.isEmpty }

    /// The share of these words that `other` has too, 0 to 1.
    public func share(in other: Wording) -> Double {
        terms.isEmpty ? 0 : Double(terms.intersection(other.terms).count) / Double(terms.count)
    }

    /// The share of these words that `other` has too, each counted by its rarity, 0 to 1.
    public func share(in other: Wording, rarity: [String: Double]) -> Double {
        let total = terms.reduce(0) { $0 + (rarity[$1] ?? 1) }
        let shared = terms.intersection(other.terms.union(shortForms.written(in: other.terms))).reduce(0) {
            $0 + (rarity[$1] ?? 1)
        }
        return total > 0 ? shared / total : 0
    }

    /// Whether `other` has a word of these, or a short form of it.
    package func covers(_ word: String, in other: Wording) -> Bool {
        let wanted = Set(Terms.terms(of: word))
        return !wanted.isDisjoint(with: other.terms.union(shortForms.written(in: other.terms)))
    }

    /// These words and those of `other`.
    package func with(_ other: Wording) -> Wording {
        Wording(terms: terms.union(other.terms), numbers: numbers.union(other.numbers))
    }

    /// Every number and identifier here stands in `other` too.
    public func numbersOccur(in other: Wording) -> Bool { numbers.isSubset(of: other.terms) }

    /// These words without those of `other`.
    public func without(_ other: Wording) -> Wording {
        Wording(terms: terms.subtracting(other.terms), numbers: numbers.subtracting(other.numbers))
    }

    private init(terms: Set<String>, numbers: Set<String>) {
        self.terms = terms
        self.numbers = numbers
    }
}
