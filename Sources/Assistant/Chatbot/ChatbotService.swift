public import Domain
public import Foundation
public import Logging
import Retrieval

/// Answers questions with evidence: from the calendar where it is about times, else by retrieval, context, and a model
/// or quotations, with citations that were checked.
public struct ChatbotService: Sendable {
    /// Passages that are looked at before the evidence is judged.
    private static let hits = 12
    private static let rememberedTurns = 4
    static let notFound = "I found nothing about that in what you can see."

    let search: SearchService
    let evidence: any EvidenceReader
    let threads: any ThreadStore
    let model: (any LanguageModel)?
    let prompts: Prompts
    let calendar: CalendarAssistant?
    let ledger: (any UsageLedger)?
    let budget: TokenBudget
    let answers: (any AnswerStore)?
    let logger: Logger
    let now: @Sendable () -> Date

    public init(
        search: SearchService,
        evidence: any EvidenceReader,
        threads: any ThreadStore,
        model: (any LanguageModel)?,
        prompts: Prompts,
        calendar: (any CalendarReader)? = nil,
        firstWeekday: Int = 0,
        ledger: (any UsageLedger)? = nil,
        budget: TokenBudget = TokenBudget(perUser: 0, perLab: 0),
        answers: (any AnswerStore)? = nil,
        logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.search = search
        self.evidence = evidence
        self.threads = threads
        self.model = model
        self.prompts = prompts
        self.calendar = calendar.map { CalendarAssistant($0, firstWeekday: firstWeekday) }
        self.ledger = ledger
        self.budget = budget
        self.answers = answers
        self.logger = logger
        self.now = now
    }

    public func answer(_ question: ChatbotQuestion, for principal: Principal) async throws -> ChatbotAnswer {
        try await reply(to: question, for: principal) { _ in }
    }

    public var hasModel: Bool { model != nil }

    /// - Parameter emit: told what happens on the way; the last event is `done`.
    public func answer(
        _ question: ChatbotQuestion,
        for principal: Principal,
        emit: @Sendable (ChatbotEvent) async throws -> Void
    ) async throws -> ChatbotAnswer {
        var question = question
        question.isWatched = true
        return try await reply(to: question, for: principal, emit)
    }

    private func reply(
        to question: ChatbotQuestion,
        for principal: Principal,
        _ emit: @Sendable (ChatbotEvent) async throws -> Void
    ) async throws -> ChatbotAnswer {
        var clock = StageClock()
        let history = try await self.history(question, principal)
        var trace = AnswerTrace(question, standalone: FollowUp.standalone(question.query, after: history))
        clock.lap("history")

        var draft = try await scheduled(question, history, principal, emit)
        clock.lap("calendar")
        if draft == nil {
            draft = try await retrieved(question, history, principal, &trace, &clock, emit)
        }
        guard let draft else { preconditionFailure("Retrieval always drafts an answer.") }

        var freshness = try await evidence.indexFreshness(for: principal)
        freshness.generation = trace.generation ?? freshness.generation
        trace.freshThrough = freshness.freshThrough
        trace.pending = freshness.pending
        trace.timings = clock.timings
        let kept = try await keep(draft, question, freshness, trace, principal)
        let answer = ChatbotAnswer(
            id: kept?.answer,
            thread: kept?.thread,
            answer: draft.text,
            citations: draft.citations,
            mode: draft.mode,
            index: freshness,
            usage: draft.usage,
            heldBackFromRoom: trace.heldBackFromRoom,
            trace: trace
        )
        try await emit(.done(answer))
        return answer
    }

    struct Draft {
        var text: String
        var citations: [Citation] = []
        var mode: ChatbotAnswer.Mode
        var usage = TokenUsage()
        var promptVersion: String?
    }

    private func history(_ question: ChatbotQuestion, _ principal: Principal) async throws -> [ThreadTurn] {
        guard let thread = question.thread else { return question.history.suffix(Self.rememberedTurns) }
        return try await threads.history(of: thread, limit: Self.rememberedTurns, for: principal)
    }

    private func keep(
        _ draft: Draft,
        _ question: ChatbotQuestion,
        _ freshness: IndexFreshness,
        _ trace: AnswerTrace,
        _ principal: Principal
    ) async throws -> (thread: ThreadID, answer: AnswerID)? {
        guard question.isKept else { return nil }
        return try await threads.append(
            NewTurn(
                id: question.answer ?? AnswerID(),
                question: question.query,
                answer: draft.text,
                citations: draft.citations,
                mode: draft.mode,
                promptVersion: draft.promptVersion,
                generation: freshness.generation,
                usage: draft.usage,
                trace: trace
            ),
            to: question.thread,
            for: principal
        )
    }

    // MARK: From the calendar

    private func scheduled(
        _ question: ChatbotQuestion,
        _ history: [ThreadTurn],
        _ principal: Principal,
        _ emit: @Sendable (ChatbotEvent) async throws -> Void
    ) async throws -> Draft? {
        // Whoever limits the evidence wants passages.
        guard let calendar, question.sources?.contains(.schedule) ?? true, question.conversation == nil,
            question.since == nil,
            let reply = try await calendar.reply(
                to: question.query,
                after: history,
                room: question.room,
                timeZone: question.timeZone,
                now: now(),
                for: principal
            )
        else { return nil }
        try await emit(.context(reply.citations))
        try await emit(.delta(reply.text))
        for citation in reply.citations { try await emit(.citation(citation)) }
        return Draft(text: reply.text, citations: reply.citations, mode: .schedule)
    }

    // MARK: From passages

    private func retrieved(
        _ question: ChatbotQuestion,
        _ history: [ThreadTurn],
        _ principal: Principal,
        _ trace: inout AnswerTrace,
        _ clock: inout StageClock,
        _ emit: @Sendable (ChatbotEvent) async throws -> Void
    ) async throws -> Draft {
        let rewriting = try await rewritten(question.query, history, principal)
        if let rewriting { trace.standalone = rewriting.text }
        clock.lap("rewrite")
        var query = SearchService.Query(
            String(trace.standalone.prefix(SearchService.longestQuery)),
            limit: Self.hits,
            timeZone: question.timeZone
        )
        query.sources = question.sources
        query.conversation = question.conversation
        query.since = question.since
        query.room = question.room
        if query.text.count < question.query.count { query.text = question.query }
        var outcome = try await search.search(query, for: principal)
        // Who asks in a conversation has said something there, but answered nothing.
        outcome.hits.removeAll { $0.evidence.source == question.message }
        clock.lap("search")
        let context = try await ContextBuilder(evidence).passages(
            outcome,
            question: Wording(question: Speakers(trace.standalone, outcome.people).topic),
            for: principal
        )
        trace.add(outcome, context, now: now())
        clock.lap("context")
        try await emit(
            .context(
                context.passages.enumerated().map { Citation($1.hit.evidence, n: $0 + 1, quote: $1.hit.evidence.text) }
            )
        )
        var draft = try await draft(question, trace.standalone, context.passages, outcome, history, principal, emit)
        if let usage = rewriting?.usage {
            draft.usage.promptTokens += usage.promptTokens
            draft.usage.completionTokens += usage.completionTokens
        }
        if let model, draft.promptVersion != nil { trace.model = model.name }
        clock.lap("answer")
        return draft
    }

    private func draft(
        _ question: ChatbotQuestion,
        _ standalone: String,
        _ passages: [ContextPassage],
        _ outcome: SearchService.Outcome,
        _ history: [ThreadTurn],
        _ principal: Principal,
        _ emit: @Sendable (ChatbotEvent) async throws -> Void
    ) async throws -> Draft {
        guard !passages.isEmpty else { return try await saying(Self.notFound, emit) }
        if let model {
            do {
                return try await modelled(model, question, passages, history, principal, emit)
            } catch is CancellationError {
                throw CancellationError()
            } catch let error as PublicError {
                throw error
            } catch let error as BrokenReply {
                // Quotations after half an answer would confuse.
                logger.warning("language model broke off", metadata: ["error": "\(error.cause)"])
                throw PublicError(.unavailable, "The language model broke off its answer. Ask again.", retryAfter: 5)
            } catch {
                logger.warning("language model failed; quoting instead", metadata: ["error": "\(error)"])
            }
        }
        return try await extractive(standalone, passages, outcome, emit)
    }

    func saying(
        _ text: String,
        _ emit: @Sendable (ChatbotEvent) async throws -> Void
    ) async throws -> Draft {
        try await emit(.delta(text))
        return Draft(text: text, mode: .none)
    }
}
