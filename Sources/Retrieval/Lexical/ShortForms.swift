/// What a lab writes in the short for words of a question: their initials ("PSF" for "point spread function"), or two of
/// them as one ("shutdown" for "shut down").
struct ShortForms: Sendable {
    /// The terms that a word stands for.
    private var terms: [String: Set<String>] = [:]

    /// Words that initials are taken of; two letters mean too much.
    private static let initials = 3...5
    private static let shortestJoined = 2

    init() {}

    init(_ question: String) {
        let words = Terms.compounds(of: question).flatMap { $0 }
        for count in Self.initials where count <= words.count {
            for start in 0...(words.count - count) {
                let run = words[start..<(start + count)]
                guard let first = run.first, let last = run.last, !StopWords.contains(first), !StopWords.contains(last),
                    run.allSatisfy({ $0.count > 1 })
                else { continue }
                add(String(run.compactMap(\.first)), for: run)
            }
        }
        for start in words.indices.dropLast() {
            let pair = words[start...(start + 1)]
            if pair.allSatisfy({ $0.count >= Self.shortestJoined }) { add(pair.joined(), for: pair) }
        }
    }

    private mutating func add(_ form: String, for words: ArraySlice<String>) {
        terms[EnglishStemmer.stem(form), default: []].formUnion(words.flatMap(Terms.terms))
    }

    /// Terms that are written in the short among others.
    func written(in others: Set<String>) -> Set<String> {
        terms.reduce(into: []) { if others.contains($1.key) { $0.formUnion($1.value) } }
    }
}
