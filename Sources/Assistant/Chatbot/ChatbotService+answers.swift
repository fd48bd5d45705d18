public import Domain
import Foundation

/// Answers given before: threads, feedback, how they came about, and the same question asked again.
extension ChatbotService {
    private var store: any AnswerStore {
        get throws {
            guard let answers else { throw PublicError(.unavailable, "Answers are not kept here.") }
            return answers
        }
    }

    public func threads(_ page: PageRequest, for principal: Principal) async throws -> Page {
        try await store.threads(page, for: principal)
    }

    public func turns(of thread: ThreadID, _ page: PageRequest, for principal: Principal) async throws -> Page {
        try await store.turns(of: thread, page, for: principal)
    }

    public func delete(_ thread: ThreadID, for principal: Principal) async throws {
        try await store.delete(thread, for: principal)
    }

    public func thread(of answer: AnswerID, for principal: Principal) async throws -> ThreadID? {
        try await store.thread(of: answer, for: principal)
    }

    public func rate(
        _ answer: AnswerID,
        isHelpful: Bool,
        reason: String?,
        for principal: Principal
    ) async throws -> JSONText {
        try Limits.check(reason, "reason", Limits.content, mayBeBlank: true)
        return try await store.rate(answer, isHelpful: isHelpful, reason: reason, for: principal)
    }

    public func explanation(of answer: AnswerID, for principal: Principal) async throws -> JSONText {
        try await store.explanation(of: answer, for: principal)
    }

    /// Asks the question of an answer again, as it was searched for then; the result is not kept.
    public func replay(_ answer: AnswerID, for principal: Principal) async throws -> JSONText {
        let kept = try await store.kept(answer, for: principal)
        var question = ChatbotQuestion(query: kept.trace?.standalone ?? kept.question)
        question.isKept = false
        if let trace = kept.trace {
            question.timeZone = TimeZone(identifier: trace.timeZone) ?? .gmt
            question.room = trace.room
            question.conversation = trace.conversation
            question.since = trace.since
            question.sources = trace.sources.map(Set.init)
        }
        let replayed = try await self.answer(question, for: principal)
        let isSame = Set(kept.sources) == Set(replayed.citations.map(\.source))
        let json = String(decoding: try ChatbotResponse(replayed).json(), as: UTF8.self)
        return JSONText("{\"original\":\(kept.row.text),\"replayed\":\(json),\"same_sources\":\(isSame)}")
    }
}
