import Assistant
import Domain
import Foundation
import HTTPTypes
import Hummingbird

/// `POST /v1/responses`
extension OpenAIRoutes {
    @Sendable
    func response(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let body = try await Self.body(request, context)
        try requireAssistant(body)
        let (conversation, input) = try Self.conversation(body["input"])
        if let format = body["text"]?["format"]?["type"]?.text, format != "text" {
            throw Self.wrong("text", "must have the format text: answers are sentences with citations")
        }
        var question = ChatbotQuestion(query: conversation.question, timeZone: try Self.timeZone(body))
        let id = AnswerID()
        question.answer = id
        question.history = conversation.history
        question.isKept = body["store"]?.flag ?? true
        if let previous = body["previous_response_id"]?.text {
            guard let earlier = AnswerID(previous.dropFirst("resp_".count)),
                let thread = try await chatbot.thread(of: earlier, for: principal)
            else { throw PublicError(.notFound, "There is no response `\(previous)`.") }
            question.thread = thread
        }
        let reply = ResponsesReply(
            answer: id,
            prompt: input,
            isStored: question.isKept,
            previous: body["previous_response_id"] ?? nil
        )
        guard body["stream"]?.flag ?? false else {
            return try Self.json(reply.whole(try await context.answer(question, by: chatbot, for: principal)), context)
        }
        return streamed(reply, question, principal, context)
    }

    /// A text, or a list of messages.
    private static func conversation(_ input: JSONValue?) throws -> (OpenAIConversation, String) {
        switch input {
        case .text(let text):
            (try OpenAIConversation([["role": "user", "content": .text(text)]], field: "input"), text)
        case .list(let items):
            (
                try OpenAIConversation(items.filter { $0["type"]?.text ?? "message" == "message" }, field: "input"),
                items.compactMap { try? OpenAIConversation.text($0["content"], "input") }.joined(separator: "\n")
            )
        default:
            throw wrong("input", "must be a text or a list of messages")
        }
    }

    private func streamed(
        _ reply: ResponsesReply,
        _ question: ChatbotQuestion,
        _ principal: Principal,
        _ context: LabsyncContext
    ) -> Response {
        let logger = context.logger
        var response = EventStreamResponse.response(context) { [chatbot] sink in
            let events = ResponseEvents(sink: sink, item: reply.item)
            do {
                try await events.send("response.created", ["response": reply.started])
                try await events.send("response.in_progress", ["response": reply.started])
                try await events.open()
                let answer = try await chatbot.answer(question, for: principal) { event in
                    if let text = event.addedText {
                        try await events.send("response.output_text.delta", events.place(["delta": .text(text)]))
                    }
                }
                try await events.close(answer)
                try await events.send("response.completed", ["response": reply.whole(answer)])
            } catch {
                OpenAIRoutes.report(error, to: sink, logger)
            }
        }
        response.headers[.requestID] = context.id
        return response
    }
}

/// One response, named after the answer that it carries.
private struct ResponsesReply: Sendable {
    let item = "msg_\(UUID().uuidString.lowercased())"
    private let created = Int(Date().timeIntervalSince1970)
    let answer: AnswerID
    let prompt: String
    let isStored: Bool
    let previous: JSONValue

    init(answer: AnswerID, prompt: String, isStored: Bool, previous: JSONValue?) {
        self.answer = answer
        self.prompt = prompt
        self.isStored = isStored
        self.previous = previous ?? nil
    }

    var started: JSONValue { fields(status: "in_progress", output: [], usage: nil) }

    func whole(_ answer: ChatbotAnswer) -> JSONValue {
        let usage = answer.countedUsage(prompt: prompt)
        return fields(
            status: "completed",
            output: [ResponseEvents.message(item, status: "completed", content: [ResponseEvents.part(answer)])],
            usage: [
                "input_tokens": .integer(usage.promptTokens), "input_tokens_details": ["cached_tokens": 0],
                "output_tokens": .integer(usage.completionTokens), "output_tokens_details": ["reasoning_tokens": 0],
                "total_tokens": .integer(usage.promptTokens + usage.completionTokens),
            ]
        )
    }

    private func fields(status: String, output: JSONValue, usage: JSONValue) -> JSONValue {
        [
            "id": .text("resp_\(answer)"), "object": "response", "created_at": .integer(created),
            "status": .text(status),
            "model": .text(OpenAIRoutes.assistant), "output": output, "usage": usage, "error": nil,
            "incomplete_details": nil, "instructions": nil, "metadata": [:], "parallel_tool_calls": false,
            "tool_choice": "none", "tools": [], "temperature": nil, "top_p": nil, "store": .bool(isStored),
            "previous_response_id": previous, "text": ["format": ["type": "text"]],
        ]
    }
}

/// The events of one response, numbered.
private actor ResponseEvents {
    private let sink: EventStreamResponse.Sink
    private let item: String
    private var number = 0

    init(sink: EventStreamResponse.Sink, item: String) {
        self.sink = sink
        self.item = item
    }

    func send(_ type: String, _ fields: [String: JSONValue]) throws {
        var fields = fields
        fields["type"] = .text(type)
        fields["sequence_number"] = .integer(number)
        number += 1
        try sink.send(.object(fields), event: type)
    }

    nonisolated func place(_ fields: [String: JSONValue]) -> [String: JSONValue] {
        fields.merging(["item_id": .text(item), "output_index": 0, "content_index": 0]) { $1 }
    }

    func open() throws {
        try send(
            "response.output_item.added",
            ["output_index": 0, "item": Self.message(item, status: "in_progress", content: [])]
        )
        try send("response.content_part.added", place(["part": Self.part("", annotations: [])]))
    }

    func close(_ answer: ChatbotAnswer) throws {
        let annotations = CitationLinks(text: answer.answer, citations: answer.citations).flat
        for (index, annotation) in annotations.enumerated() {
            try send(
                "response.output_text.annotation.added",
                place(["annotation": annotation, "annotation_index": .integer(index)])
            )
        }
        try send("response.output_text.done", place(["text": .text(answer.answer), "logprobs": []]))
        try send("response.content_part.done", place(["part": Self.part(answer)]))
        try send(
            "response.output_item.done",
            ["output_index": 0, "item": Self.message(item, status: "completed", content: [Self.part(answer)])]
        )
    }

    static func message(_ id: String, status: String, content: JSONValue) -> JSONValue {
        ["id": .text(id), "type": "message", "role": "assistant", "status": .text(status), "content": content]
    }

    static func part(_ answer: ChatbotAnswer) -> JSONValue {
        part(answer.answer, annotations: CitationLinks(text: answer.answer, citations: answer.citations).flat)
    }

    private static func part(_ text: String, annotations: [JSONValue]) -> JSONValue {
        ["type": "output_text", "text": .text(text), "annotations": .list(annotations), "logprobs": []]
    }
}
