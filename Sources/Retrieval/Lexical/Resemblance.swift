/// A text's wording, to tell whether another says the same in nearly the same words.
///
/// Jaccard's coefficient of word triples (Broder 1997). What differs in a number, an identifier or a negation says
/// something else, however alike the rest is.
public struct Resemblance: Sendable {
    private static let least = 0.8
    /// Words; shorter texts are alike too easily.
    private static let shortest = 6

    /// Hashed.
    private let triples: Set<Int>
    private let decisive: Set<String>

    public init(_ text: String) {
        let words = Terms.compounds(of: text).map { $0.joined(separator: "-") }
        triples =
            words.count < Self.shortest
            ? [] : Set((0...(words.count - 3)).map { words[$0..<($0 + 3)].hashValue })
        decisive = Set(words.filter { $0.contains(where: \.isNumber) || Self.negations.contains($0) })
    }

    public func isNearlyTheSame(as other: Resemblance) -> Bool {
        guard !triples.isEmpty, !other.triples.isEmpty, decisive == other.decisive else { return false }
        let shared = triples.intersection(other.triples).count
        return Double(shared) >= Self.least * Double(triples.count + other.triples.count - shared)
    }

    private static let negations: Set<String> = [
        "no", "not", "never", "none", "nobody", "nothing", "without", "cannot", "cant", "dont", "doesnt", "didnt",
        "isnt",
        "arent", "wasnt", "werent", "wont", "shouldnt", "mustnt", "except", "but",
    ]
}
