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

    public func reply(to messages: [ModelMessage], tools: [ModelTool]) -> AsyncThrowingStream<ModelPiece, any Error> {
        let reading = ReplyReading(upstream: upstream, request: ChatRequest(model: name, messages, tools))
        // Pulled by its reader: it stops being read, and the transfer with it, when the asker goes away.
        return AsyncThrowingStream { try await reading.next() }
    }
}

/// One reply as it is read.
private actor ReplyReading {
    /// Characters; a model that never stops is stopped.
    private static let longestReply = 200_000

    private let upstream: Upstream
    private let request: ChatRequest
    private var body: HTTPBody?
    private var events = EventStream()
    private var calls = ToolCalls()
    private var waiting: [ModelPiece] = []
    private var hasBegun = false
    private var hasFinished = false
    private var length = 0

    init(upstream: Upstream, request: ChatRequest) {
        self.upstream = upstream
        self.request = request
    }

    func next() async throws -> ModelPiece? {
        if !hasBegun {
            hasBegun = true
            do {
                try await begin(request)
            } catch OutboundError.status(400...422, _) where !request.tools.isEmpty {
                // Some servers know of no tools.
                try await begin(request.withoutTools)
            }
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
    private func begin(_ request: ChatRequest) async throws {
        body = try await upstream.post("/chat/completions", try JSONEncoder().encode(request)) { reply in
            let type = reply.headers["content-type"] ?? ""
            guard type.hasPrefix("text/event-stream") else {
                try takeWhole(try await reply.collected(limit: EventStream.longestEvent))
                return nil
            }
            events = EventStream()
            calls = ToolCalls()
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
        guard let message = completion.choices?.first?.message else {
            throw OutboundError.malformed("The reply has no message.")
        }
        try calls.take(message.toolCalls ?? [])
        waiting = (message.content.map { [.text($0)] } ?? []) + calls.finished()
        guard !waiting.isEmpty else { throw OutboundError.malformed("The reply has no content.") }
        if let usage = completion.usage { waiting.append(.usage(usage.counted)) }
        hasFinished = true
    }

    private func take(_ events: [String]) throws {
        for event in events {
            guard event != "[DONE]" else {
                finish()
                continue
            }
            let chunk = try Self.decode(ChatReply.self, Data(event.utf8))
            if let error = chunk.error { throw Self.failure(error) }
            let choice = chunk.choices?.first
            if let text = choice?.delta?.content, !text.isEmpty {
                length += text.count
                guard length <= Self.longestReply else { throw OutboundError.tooLarge(limit: Self.longestReply) }
                waiting.append(.text(text))
            }
            try calls.take(choice?.delta?.toolCalls ?? [])
            if choice?.finishReason != nil { finish() }
            if let usage = chunk.usage { waiting.append(.usage(usage.counted)) }
        }
    }

    private func finish() {
        hasFinished = true
        waiting += calls.finished()
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
