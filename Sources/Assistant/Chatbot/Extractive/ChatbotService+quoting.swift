import Domain
import Foundation
import Retrieval

/// Answers without a model: whole sentences, grouped by source, each cited.
extension ChatbotService {
    func extractive(
        _ question: String,
        _ passages: [ContextPassage],
        _ outcome: SearchService.Outcome,
        _ emit: @Sendable (ChatbotEvent) async throws -> Void
    ) async throws -> Draft {
        let speakers = Speakers(question, outcome.people)
        let extract = Extract(question, speakers, rarity: outcome.rarity, people: outcome.people)
        let quotes = try await extract.quotes(from: passages, vector: outcome.embedding) { texts in
            // Without an embedder the words decide alone, as they did in the search.
            try? await outcome.embedder.embed(texts)
        }
        guard !quotes.isEmpty else { return try await saying(Self.notFound, emit) }
        var lines = [
            model == nil
                ? "Quoted from the lab, as no language model is set up:"
                : "Quoted from the lab, as the language model does not answer:"
        ]
        var citations: [Citation] = []
        for (index, quote) in quotes.enumerated() {
            let citation = Citation(quote.evidence, n: index + 1, quote: quote.sentences)
            citations.append(citation)
            // Brackets inside a quotation could pass for citations of ours.
            let said = citation.quote.oneLine.replacing("[", with: "(").replacing("]", with: ")")
            lines.append("“\(said)” (\(Addresses.removed(from: citation.whereabouts))) [\(citation.n)]")
        }
        let text = lines.joined(separator: "\n")
        try await emit(.delta(text))
        for citation in citations { try await emit(.citation(citation)) }
        return Draft(text: text, citations: citations, mode: .extractive)
    }
}

extension String {
    fileprivate var oneLine: String { split(whereSeparator: \.isNewline).joined(separator: " ") }
}
