import Domain
import Foundation
import Retrieval

/// The sentences that answer best, each with where it stands.
struct Extract {
    struct Quote {
        let evidence: Evidence
        let sentences: String
        let score: Double
    }

    static let maximumQuotes = 5
    private static let longestQuote = 420

    /// - Parameter similarity: cosine of the question with each sentence; nil without an embedder.
    static func quotes(
        from passages: [ContextPassage],
        question: Wording,
        rarity: [String: Double],
        embed: ([String]) async throws -> [Double]?
    ) async throws -> [Quote] {
        let candidates = passages.flatMap { passage in
            passage.turns.flatMap { turn in pieces(of: turn).map { (passage: passage, turn: turn, text: $0) } }
        }
        guard !candidates.isEmpty else { return [] }
        let similarities = try await embed(candidates.map(\.text))
        var quotes: [Quote] = []
        for (index, candidate) in candidates.enumerated() {
            let share = question.share(in: Wording(candidate.text), rarity: rarity)
            let similarity = similarities?[index] ?? share
            // A question in chat repeats the asker's words without answering them.
            let penalty = candidate.text.hasSuffix("?") ? 0.35 : 0
            // What was found counts for more than what merely stands beside it.
            let isFound = candidate.turn.source == candidate.passage.hit.evidence.source
            let relevance = candidate.passage.relevance * (isFound ? 1 : 0.5)
            let score = 0.45 * similarity + 0.35 * share + 0.35 * relevance - penalty
            quotes.append(Quote(evidence: candidate.turn, sentences: candidate.text, score: score))
        }
        return select(quotes)
    }

    /// Best first, one quote a source, none far behind the best; then grouped by kind, newest first.
    private static func select(_ quotes: [Quote]) -> [Quote] {
        var chosen: [Quote] = []
        let ranked = quotes.sorted { $0.score > $1.score }
        guard let best = ranked.first else { return [] }
        for quote in ranked where chosen.count < maximumQuotes && quote.score >= 0.5 * best.score {
            if chosen.contains(where: { $0.evidence.source == quote.evidence.source }) { continue }
            chosen.append(quote)
        }
        return chosen.sorted { left, right in
            let order = { (quote: Quote) in SourceKind.allCases.firstIndex(of: quote.evidence.source.kind) ?? 0 }
            if quotesBestFirst(left, right, best) != nil { return left.sentences == best.sentences }
            if order(left) != order(right) { return order(left) < order(right) }
            return left.evidence.createdAt > right.evidence.createdAt
        }
    }

    /// The best quote leads, whatever its kind.
    private static func quotesBestFirst(_ left: Quote, _ right: Quote, _ best: Quote) -> Bool? {
        let leads = [left, right].map { $0.evidence.source == best.evidence.source }
        return leads[0] != leads[1] ? leads[0] : nil
    }

    /// A short turn is quoted whole; a file's sentences come with the one after, which often completes them.
    private static func pieces(of turn: Evidence) -> [String] {
        if turn.source.kind != .file, turn.text.count <= longestQuote { return [turn.text] }
        let sentences = Sentences.sentences(of: turn.text)
        return sentences.indices.map { index in
            let pair = sentences[index...].prefix(2).joined(separator: " ")
            return String((pair.count <= longestQuote ? pair : sentences[index]).prefix(longestQuote))
        }
    }
}
