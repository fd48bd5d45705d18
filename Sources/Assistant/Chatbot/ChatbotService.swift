public import Domain
import Foundation
public import Logging
public import Retrieval

/// Answers questions with evidence: retrieval, context, a model or quotations, citations that were checked.
public struct ChatbotService: Sendable {
    /// Passages that are looked at before the evidence is judged.
    private static let hits = 12
    private static let rememberedTurns = 4
    static let notFound = "I found nothing about that in what you can see."

    private let search: SearchService
    private let evidence: any EvidenceReader
    private let threads: any ThreadStore
    private let embedder: any Embedder
    private let model: (any LanguageModel)?
    private let prompt: Prompt
    private let logger: Logger

    public init(
        search: SearchService,
        evidence: any EvidenceReader,
        threads: any ThreadStore,
        embedder: any Embedder,
        model: (any LanguageModel)?,
        prompt: Prompt,
        logger: Logger
    ) {
        self.search = search
        self.evidence = evidence
        self.threads = threads
        self.embedder = embedder
        self.model = model
        self.prompt = prompt
        self.logger = logger
    }

    /// - Parameter emit: told what happens on the way; the last event is `done`.
    public func answer(
        _ question: ChatbotQuestion,
        for principal: Principal,
        emit: @Sendable (ChatbotEvent) async throws -> Void = { _ in }
    ) async throws -> ChatbotAnswer {
        let history = try await self.history(question, principal)
        let standalone = Self.standalone(question.query, after: history)
        var query = SearchService.Query(standalone, limit: Self.hits, timeZone: question.timeZone)
        query.sources = question.sources
        query.conversation = question.conversation
        query.since = question.since
        query.room = question.room
        let outcome = try await search.search(query, for: principal)
        let wording = Wording(standalone)
        let passages = try await ContextBuilder(evidence).passages(outcome, question: wording, for: principal)
        let draft = try await draft(question, standalone, wording, passages, outcome, history, emit)

        let freshness = try await evidence.indexFreshness(for: principal)
        let kept = try await threads.append(
            NewTurn(
                question: question.query,
                answer: draft.text,
                citations: draft.citations,
                mode: draft.mode,
                promptVersion: draft.mode == .model ? prompt.version : nil,
                generation: freshness.generation,
                usage: draft.usage
            ),
            to: question.thread,
            for: principal
        )
        let answer = ChatbotAnswer(
            id: kept.answer,
            thread: kept.thread,
            answer: draft.text,
            citations: draft.citations,
            mode: draft.mode,
            index: freshness,
            usage: draft.usage,
            heldBackFromRoom: outcome.heldBackFromRoom
        )
        try await emit(.done(answer))
        return answer
    }

    private struct Draft {
        var text: String
        var citations: [Citation] = []
        var mode: ChatbotAnswer.Mode
        var usage = TokenUsage()
    }

    private func history(_ question: ChatbotQuestion, _ principal: Principal) async throws -> [ThreadTurn] {
        guard let thread = question.thread else { return [] }
        return try await threads.history(of: thread, limit: Self.rememberedTurns, for: principal)
    }

    /// A question that leans on the one before ("and on Friday?") is searched for together with it.
    private static func standalone(_ query: String, after history: [ThreadTurn]) -> String {
        guard let last = history.last else { return query }
        let words = query.lowercased().split { !$0.isLetter }
        let leans =
            words.count <= 4 || words.contains { ["it", "that", "they", "them", "he", "she", "those"].contains($0) }
            || ["and", "what about", "how about"].contains { query.lowercased().hasPrefix($0) }
        return leans ? "\(last.question) \(query)" : query
    }

    private func draft(
        _ question: ChatbotQuestion,
        _ standalone: String,
        _ wording: Wording,
        _ passages: [ContextPassage],
        _ outcome: SearchService.Outcome,
        _ history: [ThreadTurn],
        _ emit: @Sendable (ChatbotEvent) async throws -> Void
    ) async throws -> Draft {
        try await emit(
            .context(passages.enumerated().map { Self.citation($0 + 1, $1.hit.evidence, quote: $1.hit.evidence.text) })
        )
        guard !passages.isEmpty else { return try await saying(Self.notFound, emit) }
        if let model {
            do {
                return try await modelled(model, question, passages, history, emit)
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                logger.warning("language model failed; quoting instead", metadata: ["error": "\(error)"])
            }
        }
        return try await extractive(question, wording, passages, outcome, emit)
    }

    private func saying(
        _ text: String,
        _ emit: @Sendable (ChatbotEvent) async throws -> Void
    ) async throws -> Draft {
        try await emit(.delta(text))
        return Draft(text: text, mode: .none)
    }

    // MARK: Quoting

    private func extractive(
        _ question: ChatbotQuestion,
        _ wording: Wording,
        _ passages: [ContextPassage],
        _ outcome: SearchService.Outcome,
        _ emit: @Sendable (ChatbotEvent) async throws -> Void
    ) async throws -> Draft {
        let quotes = try await Extract.quotes(from: passages, question: wording, rarity: outcome.rarity) { texts in
            guard let query = outcome.embedding else { return nil }
            // Without an embedder the words decide alone, as they did in the search.
            guard let vectors = try? await embedder.embed(texts) else { return nil }
            return vectors.map { zip($0, query).reduce(0) { $0 + Double($1.0 * $1.1) } }
        }
        guard !quotes.isEmpty else { return try await saying(Self.notFound, emit) }
        var lines = [
            model == nil
                ? "Quoted from the lab, as no language model is set up:"
                : "Quoted from the lab, as the language model does not answer:"
        ]
        var citations: [Citation] = []
        for (index, quote) in quotes.enumerated() {
            let citation = Self.citation(index + 1, quote.evidence, quote: quote.sentences)
            citations.append(citation)
            lines.append(
                "“\(quote.sentences.oneLine)” (\(citation.whereabouts(in: question.timeZone))) [\(citation.n)]"
            )
        }
        let text = lines.joined(separator: "\n")
        try await emit(.delta(text))
        for citation in citations { try await emit(.citation(citation)) }
        return Draft(text: text, citations: citations, mode: .extractive)
    }

    // MARK: With a model

    private func modelled(
        _ model: any LanguageModel,
        _ question: ChatbotQuestion,
        _ passages: [ContextPassage],
        _ history: [ThreadTurn],
        _ emit: @Sendable (ChatbotEvent) async throws -> Void
    ) async throws -> Draft {
        let numbered = passages.enumerated().map { index, passage in
            let citation = Self.citation(index + 1, passage.hit.evidence, quote: "")
            // Brackets inside a passage could pass for citations of ours.
            let body = passage.turns.map { "\($0.authorName ?? "?"): \($0.text)" }.joined(separator: "\n")
                .replacing("[", with: "(").replacing("]", with: ")")
            return "[\(index + 1)] \(citation.whereabouts(in: question.timeZone))\n<<<\n\(body)\n>>>"
        }
        var messages = [
            ModelMessage(
                .system,
                prompt.filled([
                    "now": Date().formatted(.iso8601.year().month().day().timeZone(separator: .omitted)),
                    "passages": numbered.joined(separator: "\n\n"),
                ])
            )
        ]
        for turn in history {
            messages.append(ModelMessage(.user, turn.question))
            messages.append(ModelMessage(.assistant, turn.answer))
        }
        messages.append(ModelMessage(.user, question.query))

        var draft = Draft(text: "", mode: .model)
        var raw = ""
        for try await piece in model.reply(to: messages) {
            switch piece {
            case .text(let text): raw += text
            case .usage(let usage): draft.usage = usage
            }
        }
        guard !raw.contains("NOT FOUND"), let checked = CitationCheck(passages.map(\.text)).checked(raw) else {
            try await emit(.delta(Self.notFound))
            return Draft(text: Self.notFound, mode: .none, usage: draft.usage)
        }
        draft.text = checked.text
        draft.citations = checked.cited.map {
            Self.citation($0, passages[$0 - 1].hit.evidence, quote: passages[$0 - 1].hit.evidence.text)
        }
        // Only what was checked is shown: a claim cannot be taken back once it has been read.
        try await emit(.delta(draft.text))
        for citation in draft.citations { try await emit(.citation(citation)) }
        return draft
    }

    private static func citation(_ n: Int, _ evidence: Evidence, quote: String) -> Citation {
        Citation(
            n: n,
            source: evidence.source,
            conversationID: evidence.conversation,
            title: evidence.title,
            author: evidence.authorName,
            createdAt: evidence.createdAt,
            startsAt: evidence.startsAt,
            endsAt: evidence.endsAt,
            locator: evidence.locator,
            quote: quote
        )
    }
}

extension String {
    fileprivate var oneLine: String { split(whereSeparator: \.isNewline).joined(separator: " ") }
}
