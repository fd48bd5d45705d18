import Domain
import Foundation
import Logging
import Retrieval

/// A model's reply that broke off after part of it was shown.
struct BrokenReply: Error {
    let cause: any Error
}

/// Answers by a model, shown word by word; statements that turn out not to be borne out are withdrawn.
extension ChatbotService {
    func modelled(
        _ model: any LanguageModel,
        _ question: ChatbotQuestion,
        _ passages: [ContextPassage],
        _ history: [ThreadTurn],
        _ principal: Principal,
        _ emit: @Sendable (ChatbotEvent) async throws -> Void
    ) async throws -> Draft {
        try await checkBudget(principal)
        let prompt = question.room == nil ? prompts.answer : prompts.room
        let messages = AnswerMessages.messages(prompt, question, passages, history, now: now())
        var draft = Draft(text: "", mode: .model, promptVersion: prompt.version)
        var statements = StatementStream(CitationCheck(passages.map(\.text)))
        var hasShown = false
        func show(_ events: [StatementStream.Event]) async throws {
            for event in events {
                switch event {
                case .words(let text):
                    hasShown = true
                    try await emit(.delta(text))
                case .withdrawn(let text): try await emit(.withdrawn(text))
                case .supported(let statement, let cited):
                    draft.text += statement
                    for number in cited where !draft.citations.contains(where: { $0.n == number }) {
                        let evidence = passages[number - 1].hit.evidence
                        let citation = Citation(evidence, n: number, quote: evidence.text)
                        draft.citations.append(citation)
                        try await emit(.citation(citation))
                    }
                }
            }
        }
        do {
            for try await piece in model.reply(to: messages) {
                switch piece {
                case .text(let text): try await show(statements.read(text))
                case .usage(let usage): draft.usage = usage
                case .toolCall: continue
                }
            }
            // A cancelled stream ends as a whole one does.
            try Task.checkCancellation()
            try await show(statements.finish())
        } catch {
            if statements.length > 0 || error is CancellationError {
                draft.usage = draft.usage.orEstimated(messages, replied: statements.length)
            }
            try await record(draft.usage, model, principal)
            guard question.isWatched, hasShown, !(error is CancellationError) else { throw error }
            throw BrokenReply(cause: error)
        }
        draft.usage = draft.usage.orEstimated(messages, replied: statements.length)
        try await record(draft.usage, model, principal)
        draft.text = draft.text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !draft.text.isEmpty else {
            try await emit(.delta(hasShown ? "\n\(Self.notFound)" : Self.notFound))
            return Draft(text: Self.notFound, mode: .none, usage: draft.usage, promptVersion: prompt.version)
        }
        return draft
    }

    private func checkBudget(_ principal: Principal) async throws {
        guard let ledger, budget.isLimited else { return }
        try budget.check(try await ledger.spent(for: principal))
    }

    private func record(_ usage: TokenUsage, _ model: any LanguageModel, _ principal: Principal) async throws {
        guard let ledger, !usage.isZero else { return }
        // A task of its own: what was spent counts even when the asker has left.
        try await Task { try await ledger.record(usage, model: model.name, for: principal) }.value
    }

    // MARK: Questions that lean on others

    /// Models that know tools call this one; others reply with the question itself.
    private static let searching = ModelTool(
        "search",
        "Searches the lab's messages, files and calendar.",
        parameters: ["question": "The rewritten question, which can be understood without the conversation."]
    )

    /// What a model makes of a question that leans on the history; nil when it stands alone or no model helps.
    ///
    /// The result is only searched for, as the asker: whatever it says, it finds nothing that they may not see.
    func rewritten(
        _ query: String,
        _ history: [ThreadTurn],
        _ principal: Principal
    ) async throws -> (text: String, usage: TokenUsage)? {
        guard let model, let prompt = prompts.rewrite, !history.isEmpty, FollowUp.leans(query) else { return nil }
        try await checkBudget(principal)
        let turns = history.map { "Question: \($0.question)\nAnswer: \(String($0.answer.prefix(600)))" }
        let messages = [
            ModelMessage(.system, prompt.filled(["history": turns.joined(separator: "\n")])),
            ModelMessage(.user, query),
        ]
        var text = ""
        var usage = TokenUsage()
        do {
            reading: for try await piece in model.reply(to: messages, tools: [Self.searching]) {
                switch piece {
                case .text(let more): text += more
                // Whatever it said before: this is what it wants to be searched for.
                case .toolCall(Self.searching.name, let arguments): text = arguments["question"] ?? text
                case .toolCall: continue
                case .usage(let counted): usage = counted
                }
                if text.count > 500 { break reading }
            }
            try Task.checkCancellation()
        } catch is CancellationError {
            try await record(usage.orEstimated(messages, replied: text.count), model, principal)
            throw CancellationError()
        } catch {
            logger.warning("follow-up not rewritten", metadata: ["error": "\(error)"])
            return nil
        }
        // One that says too much is left before it counts.
        usage = usage.orEstimated(messages, replied: text.count)
        try await record(usage, model, principal)
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        return line.isEmpty || line.count > 500 ? nil : (line, usage)
    }
}

extension TokenUsage {
    fileprivate var isZero: Bool { promptTokens + completionTokens == 0 }

    /// Some servers do not count, and none does when it is left early: about four characters a token.
    ///
    /// - Parameter length: characters of the reply.
    fileprivate func orEstimated(_ messages: [ModelMessage], replied length: Int) -> TokenUsage {
        guard isZero else { return self }
        return TokenUsage(
            promptTokens: messages.reduce(0) { $0 + $1.content.count } / 4,
            completionTokens: length / 4
        )
    }
}

/// The messages that a model is given.
enum AnswerMessages {
    static func messages(
        _ prompt: Prompt,
        _ question: ChatbotQuestion,
        _ passages: [ContextPassage],
        _ history: [ThreadTurn],
        now: Date
    ) -> [ModelMessage] {
        let numbered = passages.enumerated().map { index, passage in
            let citation = Citation(passage.hit.evidence, n: index + 1, quote: "")
            let body = passage.turns.map { "\($0.authorName ?? "?"): \($0.text)" }.joined(separator: "\n")
            return "[\(index + 1)] \(inert(citation.whereabouts(in: question.timeZone)))\n<<<\n\(inert(body))\n>>>"
        }
        let local = LocalTime(question.timeZone)
        let day = local.text(day: local.day(of: now))
        var messages = [
            ModelMessage(
                .system,
                prompt.filled([
                    "now": "\(day), \(local.clock(now)) (\(CalendarWords.name(of: question.timeZone)))",
                    "passages": numbered.joined(separator: "\n\n"),
                ])
            )
        ]
        for turn in history {
            messages.append(ModelMessage(.user, turn.question))
            messages.append(ModelMessage(.assistant, turn.answer))
        }
        messages.append(ModelMessage(.user, question.query))
        return messages
    }

    /// Brackets and fences inside a passage could pass for ours.
    private static func inert(_ text: String) -> String {
        text.replacing("[", with: "(").replacing("]", with: ")").replacing("<<<", with: "« ").replacing(
            ">>>",
            with: " »"
        )
    }
}
