import Domain
import Foundation
import Retrieval

/// A passage with the turns around it, as the answer may draw on it.
struct ContextPassage {
    let hit: SearchService.Hit
    /// In time order; for anything but a message the passage alone.
    let turns: [Evidence]
    /// 1 for the best hit, falling with rank.
    let relevance: Double

    var text: String {
        // A conversation's name says where something was said, not what.
        let title = hit.evidence.source.kind == .message ? nil : hit.evidence.title
        return ([title].compactMap { $0 } + turns.map { "\($0.authorName ?? ""): \($0.text)" })
            .joined(separator: "\n")
    }
}

/// From hits to context: neighbours joined, what was said already left out, and no more than fits.
struct ContextBuilder {
    private let evidence: any EvidenceReader
    /// Characters; about 3,000 tokens.
    private static let budget = 12_000
    private static let maximumPassages = 8
    /// Passages of one author, so that nobody drowns out the rest.
    private static let maximumOfOneAuthor = 5

    init(_ evidence: any EvidenceReader) {
        self.evidence = evidence
    }

    func passages(
        _ outcome: SearchService.Outcome,
        question: Wording,
        for principal: Principal
    ) async throws -> Context {
        let gate = EvidenceGate(question: question, rarity: outcome.rarity)
        let neighbours = try await evidence.neighbours(of: outcome.hits.map(\.evidence.source), for: principal)

        var passages: [ContextPassage] = []
        var judgements: [ChunkID: EvidenceGate.Judgement] = [:]
        var seen: Set<SourceReference> = []
        var authors: [UserID: Int] = [:]
        var size = 0
        for (rank, hit) in outcome.hits.enumerated() {
            guard passages.count < Self.maximumPassages, size < Self.budget else { break }
            guard !seen.contains(hit.evidence.source) || hit.evidence.source.kind == .file else { continue }
            // A question to the assistant is not an answer to the same question.
            if hit.evidence.source.kind == .message, AssistantMention.occurs(in: hit.evidence.text) { continue }
            if let author = hit.evidence.author, hit.evidence.source.kind != .file,
                !outcome.reading.people.contains(author)
            {
                guard authors[author, default: 0] < Self.maximumOfOneAuthor else { continue }
                authors[author, default: 0] += 1
            }
            let near = neighbours[hit.evidence.source] ?? []
            let turns = ([hit.evidence] + near).sorted { $0.createdAt < $1.createdAt }
                .filter { $0.source == hit.evidence.source || !seen.contains($0.source) }
            let passage = ContextPassage(hit: hit, turns: turns, relevance: 1 / Double(rank + 1).squareRoot())
            let similarity = [hit.explanation.legs["passage"]?.score, hit.explanation.legs["context"]?.score]
                .compactMap { $0 }.max()
            let judgement = gate.judgement(similarity: similarity, surroundings: passage.text)
            if let chunk = hit.evidence.chunk { judgements[chunk] = judgement }
            guard judgement.isAdmitted else { continue }
            seen.formUnion(turns.map(\.source))
            size += passage.text.count
            passages.append(passage)
        }
        return Context(passages: passages, judgements: judgements)
    }

    struct Context {
        let passages: [ContextPassage]
        let judgements: [ChunkID: EvidenceGate.Judgement]
    }
}
