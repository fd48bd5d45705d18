import Assistant
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationCompat
import Retrieval

/// `/v1/*`: the assistant and the embedder as models, for programs that speak to OpenAI.
struct OpenAIRoutes {
    static let assistant = "labsync"

    let chatbot: ChatbotService
    let embedder: any Embedder

    func add(to router: some RouterMethods<LabsyncContext>) {
        router.group("/v1")
            .get("/models", use: models)
            .get("/models/{id}", use: model)
            .post("/chat/completions", use: chatCompletion)
            .post("/embeddings", use: embeddings)
            .post("/responses", use: response)
    }

    @Sendable
    private func models(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        _ = try context.principal()
        return try Self.json(
            ["object": "list", "data": [Self.model(Self.assistant), Self.model(embedder.name)]],
            context
        )
    }

    @Sendable
    private func model(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        _ = try context.principal()
        let name = context.parameters.get("id") ?? ""
        guard [Self.assistant, embedder.name].contains(name) else { throw OpenAIError.unknownModel(name) }
        return try Self.json(Self.model(name), context)
    }

    private static func model(_ name: String) -> JSONValue {
        // When such models came to be is not known; the field must be a number.
        ["id": .text(name), "object": "model", "created": 1_700_000_000, "owned_by": "labsync"]
    }

    /// The body of a request; fields that are not known here are left alone, as OpenAI does.
    static func body(_ request: Request, _ context: LabsyncContext) async throws -> JSONValue {
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: context.maxUploadSize)
        } catch {
            throw PublicError(.tooLarge, "The body is larger than \(context.maxUploadSize) bytes.")
        }
        guard let value = try? JSONValue(Data(buffer: buffer)), case .object = value else {
            throw PublicError(.invalid, "The body must be a JSON object.")
        }
        return value
    }

    static func json(_ value: JSONValue, _ context: LabsyncContext) throws -> Response {
        var response = Response.json(try value.data())
        response.headers[.requestID] = context.id
        return response
    }

    static func wrong(_ field: String, _ detail: String) -> PublicError {
        PublicError(.invalid, "`\(field)` \(detail).", fields: [.init("/\(field)", detail)])
    }

    /// `timezone` is a field of ours; others read times in UTC.
    static func timeZone(_ body: JSONValue) throws -> TimeZone {
        guard let name = body["timezone"]?.text ?? body["metadata"]?["timezone"]?.text else { return .gmt }
        guard let zone = TimeZone(identifier: name) else {
            throw wrong("timezone", "must be a zone such as Europe/Berlin")
        }
        return zone
    }

    func requireAssistant(_ body: JSONValue) throws {
        guard let name = body["model"]?.text else { throw Self.wrong("model", "is required") }
        guard name == Self.assistant else { throw OpenAIError.unknownModel(name) }
    }
}

/// A conversation as OpenAI's clients send it: the last question of the user, and the turns before it.
struct OpenAIConversation {
    let question: String
    let history: [ThreadTurn]

    /// Longest history that is looked at, in turns.
    private static let longestHistory = 20

    /// - Parameter messages: with `role` and `content`. Instructions of systems and developers have no power here.
    init(_ messages: [JSONValue], field: String) throws {
        var turns: [ThreadTurn] = []
        var question: String?
        for message in messages {
            guard let role = message["role"]?.text ?? (message["content"] == nil ? nil : "user") else {
                throw OpenAIRoutes.wrong(field, "must hold messages with a role")
            }
            switch role {
            case "user": question = try Self.text(message["content"], field)
            case "assistant":
                if let asked = question {
                    turns.append(ThreadTurn(question: asked, answer: try Self.text(message["content"], field)))
                    question = nil
                }
            case "system", "developer", "tool", "function": continue
            default: throw OpenAIRoutes.wrong(field, "has a message with an unknown role")
            }
        }
        guard let question, !question.isEmpty else {
            throw OpenAIRoutes.wrong(field, "must end with a message of the user")
        }
        self.question = question
        history = turns.suffix(Self.longestHistory)
    }

    /// Plain text, or the text parts of a list.
    static func text(_ content: JSONValue?, _ field: String) throws -> String {
        let text: String
        switch content {
        case .text(let whole): text = whole
        case .list(let parts): text = parts.compactMap { $0["text"]?.text }.joined(separator: "\n")
        case nil: text = ""
        default: throw OpenAIRoutes.wrong(field, "has a content that is neither text nor a list of parts")
        }
        guard !text.utf8.contains(0) else { throw OpenAIRoutes.wrong(field, "must not contain the NUL character") }
        return text
    }
}
