import Assistant
import Domain
import Foundation
import Hummingbird
import Logging

/// `POST /api/chatbot`, as JSON or as server-sent events, and what was asked before.
struct ChatbotRoutes {
    let service: ChatbotService

    func add(to router: some RouterMethods<LabsyncContext>) {
        router.post("/api/chatbot", use: ask)
        router.group("/api/chatbot")
            .get("threads", use: threads)
            .get("threads/{id}", use: turns)
            .delete("threads/{id}", use: deleteThread)
            .post("answers/{id}/feedback", use: feedback)
            .get("answers/{id}/explain", use: explain)
            .get("answers/{id}/replay", use: replay)
            .post("answers/{id}/replay", use: replay)
    }

    @Sendable
    private func ask(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        var body = try await JSONBody(request, context)
        var question = ChatbotQuestion(query: try body.text("query"))
        question.thread = try body.id("thread_id")
        question.timeZone = try body.timeZone("timezone")
        question.sources = try body.sources("sources")
        question.room = try body.id("room")
        question.conversation = try body.id("conversation_id")
        question.since = try body.time("since")
        let stream = try body.flag("stream")
        try body.requireNothingLeft()
        guard stream else {
            return .json(try ChatbotResponse(try await context.answer(question, by: service, for: principal)).json())
        }
        return streamed(question, principal, context)
    }

    private func streamed(
        _ question: ChatbotQuestion,
        _ principal: Principal,
        _ context: LabsyncContext
    ) -> Response {
        let logger = context.logger
        return EventStreamResponse.response(context) { [service] sink in
            do {
                _ = try await service.answer(question, for: principal) { try ChatbotEventText.send($0, to: sink) }
            } catch is CancellationError {
                // Nobody reads any more.
                return
            } catch {
                // The status has been sent already: the stream itself must tell.
                if !(error is PublicError) { logger.error("answer failed", metadata: ["error": "\(error)"]) }
                ChatbotEventText.send(failure: error, to: sink)
            }
        }
    }

    // MARK: Answers given before

    @Sendable
    private func threads(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        return .page(try await service.threads(try QueryParameters(request).page(), for: principal), for: request)
    }

    @Sendable
    private func turns(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: ThreadID = try context.id("id", orElse: "No such thread.")
        let page = try QueryParameters(request).page(oldestFirst: true)
        return .page(try await service.turns(of: id, page, for: principal), for: request)
    }

    @Sendable
    private func deleteThread(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        try await service.delete(try context.id("id", orElse: "No such thread.") as ThreadID, for: principal)
        return .nothing
    }

    @Sendable
    private func feedback(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: AnswerID = try context.id("id", orElse: Self.noAnswer)
        var body = try await JSONBody(request, context)
        guard let isHelpful = try body.optionalFlag("helpful") else { throw Limits.invalid("helpful", "is required") }
        let reason = try body.optionalText("reason")
        try body.requireNothingLeft()
        return .json(try await service.rate(id, isHelpful: isHelpful, reason: reason, for: principal))
    }

    @Sendable
    private func explain(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        return .json(try await service.explanation(of: try context.id("id", orElse: Self.noAnswer), for: principal))
    }

    @Sendable
    private func replay(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        return .json(try await service.replay(try context.id("id", orElse: Self.noAnswer), for: principal))
    }

    private static let noAnswer = "No such answer."
}

/// Events of an answer on the wire.
private enum ChatbotEventText {
    static func send(_ event: ChatbotEvent, to sink: EventStreamResponse.Sink) throws {
        switch event {
        case .context(let passages): sink.send(try AssistantJSON.encode(["passages": passages]), event: "context")
        case .delta(let text): sink.send(try AssistantJSON.encode(["text": text]), event: "delta")
        case .withdrawn(let words):
            let fields = ["text": ChatbotEvent.withdrawalMark, "withdraws": words]
            sink.send(try AssistantJSON.encode(fields), event: "delta")
        case .citation(let citation): sink.send(try AssistantJSON.encode(citation), event: "citation")
        case .done(let answer): sink.send(try ChatbotResponse(answer).json(), event: "done")
        }
    }

    static func send(failure: any Error, to sink: EventStreamResponse.Sink) {
        let sentence = (failure as? PublicError)?.sentence ?? "Something went wrong on our side. It has been logged."
        let code = (failure as? PublicError)?.code.rawValue ?? "internal"
        // Two texts always encode.
        sink.send((try? AssistantJSON.encode(["code": code, "detail": sentence])) ?? Data(), event: "error")
    }
}
