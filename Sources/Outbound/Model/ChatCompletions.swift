public import Assistant
import Foundation

/// A language model behind any OpenAI-compatible chat completions endpoint.
public struct ChatCompletions: LanguageModel {
    public let name: String
    private let upstream: Upstream

    public init(name: String, upstream: Upstream) {
        self.name = name
        self.upstream = upstream
    }

    public func reply(to messages: [ModelMessage]) -> AsyncThrowingStream<ModelPiece, any Error> {
        let reading = ReplyReading(upstream: upstream, model: name, messages: messages)
        // Pulled by its reader: it stops being read, and the transfer with it, when the asker goes away.
        return AsyncThrowingStream { try await reading.next() }
    }
}

/// One reply as it is read.
private actor ReplyReading {
    /// Characters; a model that never stops is stopped.
    private static let longestReply = 200_000

    private let upstream: Upstream
    private let model: String
    private let messages: [ModelMessage]
    private var body: HTTPBody?
    private var events = EventStream()
    private var waiting: [ModelPiece] = []
    private var hasBegun = false
    private var hasFinished = false
    private var length = 0

    init(upstream: Upstream, model: String, messages: [ModelMessage]) {
        self.upstream = upstream
        self.model = model
        self.messages = messages
    }

    func next() async throws -> ModelPiece? {
        if !hasBegun {
            hasBegun = true
            try await begin()
        }
        while waiting.isEmpty {
            guard let body else { return nil }
            guard let bytes = try await body.next() else {
                self.body = nil
                guard hasFinished else { throw OutboundError.malformed("The reply broke off.") }
                return nil
            }
            try take(events.read(bytes))
        }
        return waiting.removeFirst()
    }

    /// Up to the first piece everything may be tried again; afterwards nothing, as it may have been shown.
    private func begin() async throws {
        let request = ChatRequest(
            model: model,
            messages: messages.map { .init(role: $0.role.rawValue, content: $0.content) },
            stream: true,
            streamOptions: .init(includeUsage: true),
            temperature: 0
        )
        body = try await upstream.post("/chat/completions", try JSONEncoder().encode(request)) { reply in
            let type = reply.headers["content-type"] ?? ""
            guard type.hasPrefix("text/event-stream") else {
                try takeWhole(try await reply.collected(limit: EventStream.longestEvent))
                return nil
            }
            events = EventStream()
            waiting = []
            hasFinished = false
            while waiting.isEmpty && !hasFinished {
                guard let bytes = try await reply.body.next() else {
                    throw OutboundError.malformed("The reply is empty.")
                }
                try take(events.read(bytes))
            }
            return reply.body
        }
    }

    /// Some servers do not stream though they were asked to.
    private func takeWhole(_ data: Data) throws {
        let completion = try Self.decode(ChatReply.self, data)
        if let error = completion.error { throw Self.failure(error) }
        guard let text = completion.choices?.first?.message?.content else {
            throw OutboundError.malformed("The reply has no content.")
        }
        waiting = [.text(text)]
        if let usage = completion.usage { waiting.append(.usage(usage.counted)) }
        hasFinished = true
    }

    private func take(_ events: [String]) throws {
        for event in events {
            guard event != "[DONE]" else {
                hasFinished = true
                continue
            }
            let chunk = try Self.decode(ChatReply.self, Data(event.utf8))
            if let error = chunk.error { throw Self.failure(error) }
            if let text = chunk.choices?.first?.delta?.content, !text.isEmpty {
                length += text.count
                guard length <= Self.longestReply else { throw OutboundError.tooLarge(limit: Self.longestReply) }
                waiting.append(.text(text))
            }
            if chunk.choices?.first?.finishReason != nil { hasFinished = true }
            if let usage = chunk.usage { waiting.append(.usage(usage.counted)) }
        }
    }

    /// What they wrote stays out of the error: it may repeat the prompt or the key.
    private static func failure(_ error: ChatReply.Failure) -> OutboundError {
        error.type == "server_error" || error.type == "rate_limit_exceeded"
            ? .status(503, retryAfter: nil) : .malformed("The reply is an error.")
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ data: Data) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw OutboundError.malformed("The reply is not the JSON that was expected.")
        }
    }
}

private struct ChatRequest: Encodable {
    struct Message: Encodable {
        let role: String
        let content: String
    }

    struct StreamOptions: Encodable {
        let includeUsage: Bool

        enum CodingKeys: String, CodingKey { case includeUsage = "include_usage" }
    }

    let model: String
    let messages: [Message]
    let stream: Bool
    let streamOptions: StreamOptions
    let temperature: Double

    enum CodingKeys: String, CodingKey {
        case model, messages, stream, temperature
        case streamOptions = "stream_options"
    }
}

private struct ChatReply: Decodable {
    struct Choice: Decodable {
        let delta: Content?
        let message: Content?
        let finishReason: String?

        enum CodingKeys: String, CodingKey {
            case delta, message
            case finishReason = "finish_reason"
        }
    }

    struct Content: Decodable { let content: String? }

    struct Failure: Decodable { let type: String? }

    struct Usage: Decodable {
        let prompt: Int?
        let completion: Int?

        var counted: TokenUsage { TokenUsage(promptTokens: prompt ?? 0, completionTokens: completion ?? 0) }

        enum CodingKeys: String, CodingKey {
            case prompt = "prompt_tokens"
            case completion = "completion_tokens"
        }
    }

    let choices: [Choice]?
    let usage: Usage?
    let error: Failure?
}
