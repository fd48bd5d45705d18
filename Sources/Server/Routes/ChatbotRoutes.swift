import Assistant
import Domain
import Foundation
import Hummingbird
import Logging
import NIOCore

/// `POST /api/chatbot`, as JSON or as server-sent events.
struct ChatbotRoutes {
    let service: ChatbotService

    func add(to router: some RouterMethods<LabsyncContext>) {
        router.post("/api/chatbot", use: ask)
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
        let stream = try body.flag("stream")
        try body.requireNothingLeft()
        guard stream else {
            return .json(try ChatbotResponse(try await service.answer(question, for: principal)).json())
        }
        return streamed(question, principal, context)
    }

    private func streamed(_ question: ChatbotQuestion, _ principal: Principal, _ context: LabsyncContext) -> Response {
        let logger = context.logger
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-cache"],
            body: ResponseBody { [service] writer in
                let (events, continuation) = AsyncThrowingStream.makeStream(of: ByteBuffer.self)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        do {
                            _ = try await service.answer(question, for: principal) { event in
                                continuation.yield(try ServerSentEvent.buffer(event))
                            }
                        } catch {
                            // The status has been sent already: the stream itself must tell.
                            if !(error is PublicError) {
                                logger.error("answer failed", metadata: ["error": "\(error)"])
                            }
                            continuation.yield(ServerSentEvent.buffer(failure: error))
                        }
                        continuation.finish()
                    }
                    for try await event in events { try await writer.write(event) }
                    try await group.waitForAll()
                }
                try await writer.finish(nil)
            }
        )
    }
}

/// Events of an answer on the wire.
private enum ServerSentEvent {
    static func buffer(_ event: ChatbotEvent) throws -> ByteBuffer {
        switch event {
        case .context(let passages): buffer("context", try AssistantJSON.encode(["passages": passages]))
        case .delta(let text): buffer("delta", try AssistantJSON.encode(["text": text]))
        case .citation(let citation): buffer("citation", try AssistantJSON.encode(citation))
        case .done(let answer): buffer("done", try ChatbotResponse(answer).json())
        }
    }

    static func buffer(failure: any Error) -> ByteBuffer {
        let sentence = (failure as? PublicError)?.sentence ?? "Something went wrong on our side. It has been logged."
        let code = (failure as? PublicError)?.code.rawValue ?? "internal"
        // Two texts always encode.
        return buffer("error", (try? AssistantJSON.encode(["code": code, "detail": sentence])) ?? Data())
    }

    private static func buffer(_ name: String, _ data: Data) -> ByteBuffer {
        ByteBuffer(string: "event: \(name)\ndata: \(String(decoding: data, as: UTF8.self))\n\n")
    }
}
