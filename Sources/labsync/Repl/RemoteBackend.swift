import Assistant
import Domain
import Foundation
import Outbound

/// Asks a server over HTTP.
struct RemoteBackend: ReplBackend {
    private static let deadline: Duration = .seconds(300)

    let client: HTTPClient
    /// Without a slash at its end.
    let server: String
    let token: String

    func ask(_ question: ReplQuestion, show: @escaping @Sendable (String) -> Void) async throws -> ReplAnswer {
        var fields: [String: Any] = ["query": question.text, "stream": true, "timezone": TimeZone.current.identifier]
        fields["thread_id"] = question.thread?.description
        fields["sources"] = question.sources?.map(\.rawValue)
        fields["conversation_id"] = question.conversation?.description
        fields["since"] = question.since?.formatted(.iso8601)
        let body = try JSONSerialization.data(withJSONObject: fields)
        let reply = try await client.send(call("POST", "/api/chatbot", body))
        guard reply.status == 200 else { throw Self.failure(reply.status, try await reply.collected(limit: 1 << 20)) }
        var events = EventStream()
        while let bytes = try await reply.body.next() {
            for event in try events.read(bytes) {
                if let answer = try Self.take(Data(event.utf8), show) { return answer }
            }
        }
        throw Failure("The server broke off its answer.")
    }

    /// What an event holds says what it is.
    private static func take(_ data: Data, _ show: (String) -> Void) throws -> ReplAnswer? {
        struct Event: Decodable {
            let text: String?
            let detail: String?
            let answer: String?
        }
        let event = try JSONDecoder().decode(Event.self, from: data)
        if let detail = event.detail { throw Failure(detail) }
        if event.answer != nil { return try decoder.decode(ReplAnswer.self, from: data) }
        if let text = event.text { show(text) }
        return nil
    }

    func explanation(of answer: AnswerID) async throws -> String {
        String(decoding: try await get("/api/chatbot/answers/\(answer)/explain"), as: UTF8.self)
    }

    func conversation(named name: String) async throws -> ConversationID {
        struct List: Decodable {
            struct Row: Decodable {
                let id: ConversationID
                let name: String?
            }
            let data: [Row]
        }
        let list = try JSONDecoder().decode(List.self, from: try await get("/api/chat/conversations?limit=100"))
        guard let row = list.data.first(where: { $0.name?.lowercased() == name.lowercased() }) else {
            throw Failure("You are in no conversation of the name \(name).")
        }
        return row.id
    }

    func acting(as email: String) async throws -> any ReplBackend {
        throw Failure("On a server the token says who asks: start again with another --token.")
    }

    private func get(_ path: String) async throws -> Data {
        let reply = try await client.send(call("GET", path, nil))
        let data = try await reply.collected(limit: 4 << 20)
        guard reply.status == 200 else { throw Self.failure(reply.status, data) }
        return data
    }

    private func call(_ method: String, _ path: String, _ body: Data?) -> HTTPCall {
        HTTPCall(
            method,
            server + path,
            headers: ["Authorization": "Bearer \(token)", "Content-Type": "application/json"],
            body: body,
            deadline: Self.deadline,
            patience: Self.deadline
        )
    }

    private static func failure(_ status: Int, _ data: Data) -> Failure {
        struct Problem: Decodable { let detail: String }
        let detail = try? JSONDecoder().decode(Problem.self, from: data).detail
        return Failure(detail ?? "The server answered with status \(status).")
    }

    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let text = try decoder.singleValueContainer().decode(String.self)
            let fractional = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
            return try (try? Date(text, strategy: fractional)) ?? Date(text, strategy: .iso8601)
        }
        return decoder
    }
}
