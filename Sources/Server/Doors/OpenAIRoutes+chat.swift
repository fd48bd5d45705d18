import Assistant
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import Logging

/// `POST /v1/chat/completions`
extension OpenAIRoutes {
    @Sendable
    func chatCompletion(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let body = try await Self.body(request, context)
        try requireAssistant(body)
        guard let messages = body["messages"]?.list else { throw Self.wrong("messages", "must be a list") }
        if let count = body["n"]?.integer, count != 1 { throw Self.wrong("n", "must be 1: there is one answer") }
        if let format = body["response_format"]?["type"]?.text, format != "text" {
            throw Self.wrong("response_format", "must be text: answers are sentences with citations")
        }
        let conversation = try OpenAIConversation(messages, field: "messages")
        var question = ChatbotQuestion(query: conversation.question, timeZone: try Self.timeZone(body))
        question.history = conversation.history
        question.isKept = body["store"]?.flag ?? false

        let reply = ChatCompletionReply(prompt: messages.compactMap { $0["content"]?.text }.joined(separator: "\n"))
        guard body["stream"]?.flag ?? false else {
            return try Self.json(reply.whole(try await context.answer(question, by: chatbot, for: principal)), context)
        }
        let withUsage = body["stream_options"]?["include_usage"]?.flag ?? false
        return streamed(reply, question, principal, withUsage: withUsage, context)
    }

    private func streamed(
        _ reply: ChatCompletionReply,
        _ question: ChatbotQuestion,
        _ principal: Principal,
        withUsage: Bool,
        _ context: LabsyncContext
    ) -> Response {
        let logger = context.logger
        var response = EventStreamResponse.response(context) { [chatbot] sink in
            func send(_ delta: JSONValue, finish: JSONValue = nil) throws {
                try sink.send(
                    reply.chunk([["index": 0, "delta": delta, "finish_reason": finish]], withUsage: withUsage)
                )
            }
            do {
                try send(["role": "assistant", "content": ""])
                let answer = try await chatbot.answer(question, for: principal) { event in
                    if let text = event.addedText {
                        try sink.send(
                            reply.chunk(
                                [["index": 0, "delta": ["content": .text(text)], "finish_reason": nil]],
                                withUsage: withUsage
                            )
                        )
                    }
                }
                let links = CitationLinks(text: answer.answer, citations: answer.citations)
                if !answer.citations.isEmpty { try send(["annotations": links.nested]) }
                try send([:], finish: "stop")
                if withUsage { try sink.send(reply.chunk([], withUsage: true, usage: reply.usage(answer))) }
                sink.send(Data("[DONE]".utf8))
            } catch {
                OpenAIRoutes.report(error, to: sink, logger)
            }
        }
        response.headers[.requestID] = context.id
        return response
    }

    static func report(_ error: any Error, to sink: EventStreamResponse.Sink, _ logger: Logger) {
        guard !(error is CancellationError) else { return }
        let known = error as? PublicError
        if known == nil { logger.error("answer failed", metadata: ["error": "\(error)"]) }
        let sentence = known?.sentence ?? "Something went wrong on our side. It has been logged."
        let value: JSONValue = [
            "error": [
                "message": .text(sentence), "type": known == nil ? "server_error" : "invalid_request_error",
                "param": nil, "code": .text(known?.code.rawValue ?? "server_error"),
            ]
        ]
        // A few texts always encode.
        sink.send((try? value.data()) ?? Data())
    }
}

/// One chat completion; all chunks of a stream carry the same id.
private struct ChatCompletionReply: Sendable {
    let id = "chatcmpl-\(UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: ""))"
    let created = Int(Date().timeIntervalSince1970)
    let prompt: String

    func whole(_ answer: ChatbotAnswer) -> JSONValue {
        let links = CitationLinks(text: answer.answer, citations: answer.citations)
        return [
            "id": .text(id), "object": "chat.completion", "created": .integer(created),
            "model": .text(OpenAIRoutes.assistant),
            "choices": [
                [
                    "index": 0,
                    "message": [
                        "role": "assistant", "content": .text(answer.answer), "refusal": nil,
                        "annotations": links.nested,
                    ],
                    "logprobs": nil, "finish_reason": "stop",
                ]
            ],
            "usage": usage(answer), "system_fingerprint": nil, "service_tier": "default",
        ]
    }

    func chunk(_ choices: JSONValue, withUsage: Bool, usage: JSONValue = nil) -> JSONValue {
        var fields: [String: JSONValue] = [
            "id": .text(id), "object": "chat.completion.chunk", "created": .integer(created),
            "model": .text(OpenAIRoutes.assistant), "choices": choices, "system_fingerprint": nil,
        ]
        if withUsage { fields["usage"] = usage }
        return .object(fields)
    }

    func usage(_ answer: ChatbotAnswer) -> JSONValue {
        let counted = answer.countedUsage(prompt: prompt)
        return [
            "prompt_tokens": .integer(counted.promptTokens),
            "completion_tokens": .integer(counted.completionTokens),
            "total_tokens": .integer(counted.promptTokens + counted.completionTokens),
            "prompt_tokens_details": ["cached_tokens": 0], "completion_tokens_details": ["reasoning_tokens": 0],
        ]
    }
}

extension ChatbotAnswer {
    /// What the model counted; where none took part, an estimate of four characters a token.
    func countedUsage(prompt: String) -> TokenUsage {
        guard usage.promptTokens + usage.completionTokens == 0 else { return usage }
        return TokenUsage(promptTokens: (prompt.count + 3) / 4, completionTokens: (answer.count + 3) / 4)
    }
}
