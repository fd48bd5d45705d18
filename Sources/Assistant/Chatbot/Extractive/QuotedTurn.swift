import Domain
import Retrieval

/// A turn, cut into what may be quoted of it.
struct QuotedTurn {
    struct Piece {
        let text: String
        let wording: Wording
        /// nil without an embedder.
        var vector: [Float]?
    }

    let evidence: Evidence
    let wording: Wording
    var pieces: [Piece]

    /// Characters.
    private static let longestQuote = 420

    init(_ evidence: Evidence) {
        self.evidence = evidence
        wording = Wording(evidence.text)
        pieces = Self.texts(of: evidence).map { Piece(text: $0, wording: Wording($0)) }
    }

    /// A short turn is quoted whole; a file's sentences come with the one after, which often completes them.
    private static func texts(of turn: Evidence) -> [String] {
        if turn.source.kind != .file, turn.text.count <= longestQuote { return [turn.text] }
        let sentences = Sentences.sentences(of: turn.text)
        return sentences.indices.map { index in
            let pair = sentences[index...].prefix(2).joined(separator: " ")
            return String((pair.count <= longestQuote ? pair : sentences[index]).prefix(longestQuote))
        }
    }

    /// Cosine of a vector and the piece that is nearest to it.
    func similarity(to vector: [Float]?) -> Double? {
        guard let vector else { return nil }
        return pieces.compactMap { $0.similarity(to: vector) }.max()
    }
}

extension QuotedTurn.Piece {
    func similarity(to other: [Float]?) -> Double? {
        guard let vector, let other else { return nil }
        return zip(vector, other).reduce(0) { $0 + Double($1.0 * $1.1) }
    }
}
