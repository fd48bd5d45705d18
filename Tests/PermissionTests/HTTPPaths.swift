import Domain
import Foundation
import Retrieval
import Testing

/// The routes that return content, asked over HTTP as a client asks them.
struct HTTPPaths {
    typealias Path = ReadPaths.Path

    let all: [Path]

    init(_ server: LabServer, _ world: World) {
        all =
            Self.lists(server, world) + Self.single(server, world) + Self.searches(server, world)
            + Self.assistants(server, world) + Self.storage(server, world) + Self.files(server, world)
    }

    private static func lists(_ server: LabServer, _ world: World) -> [Path] {
        let conversations = world.members.keys.map { "/api/chat/messages?conversation_id=\($0)" }
        let comments = world.statuses.keys.map { "/api/status/comments?status_id=\($0.uuidString.lowercased())" }
        let attached =
            world.members.keys.map { "/api/files?conversation_id=\($0)" }
            + world.statuses.keys.map { "/api/files?status_id=\($0)" }
        return [
            list("GET conversations", [], server, ["/api/chat/conversations?"]),
            list("GET messages", [.message], server, conversations),
            list("GET messages forwards", [.message], server, conversations, from: "after=2000-01-01T00:00:00Z"),
            list("GET mentions", [], server, ["/api/chat/mentions?"]),
            list("GET feed", [.status], server, ["/api/status?"]),
            list("GET comments", [.comment], server, comments),
            list("GET schedules", [.schedule], server, ["/api/schedules?from=2020-01-01T00:00:00Z"]),
            list("GET files", [.file], server, ["/api/files?"]),
            list("GET files of", [], server, attached),
            list("GET users", [], server, ["/api/users?"]),
        ]
    }

    /// Every page of each address, three rows at a time.
    private static func list(
        _ name: String,
        _ kinds: Set<SourceKind>,
        _ server: LabServer,
        _ addresses: [String],
        from start: String? = nil
    ) -> Path {
        Path(name: name, kinds: kinds) { principal in
            var text = ""
            for address in addresses {
                var next: String? = [address, start, "limit=3"].compactMap(\.self).joined(separator: "&")
                while let page = next {
                    let reply = try await server.get(page, as: principal)
                    text += reply.body
                    next = cursor(in: reply.body).map {
                        "\(address)&limit=3&\(start == nil ? "cursor" : "after")=\($0)"
                    }
                }
            }
            return text
        }
    }

    private static func cursor(in body: String) -> String? {
        let page = try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
        return (page?["next_cursor"] as? String)?.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
    }

    private static func single(_ server: LabServer, _ world: World) -> [Path] {
        let addresses = world.items.values.map { address(of: $0.source) }
        return [
            Path(name: "GET by id", kinds: Set(SourceKind.allCases)) { principal in
                var text = ""
                for address in addresses { text += try await server.get(address, as: principal).body }
                return text
            }
        ]
    }

    static func address(of source: SourceReference) -> String {
        let id = source.id.uuidString.lowercased()
        return switch source.kind {
        case .message: "/api/chat/messages/\(id)"
        case .status: "/api/status/\(id)"
        case .comment: "/api/status/comments/\(id)"
        case .schedule: "/api/schedules/\(id)"
        case .file: "/api/files/\(id)"
        }
    }

    private static func searches(_ server: LabServer, _ world: World) -> [Path] {
        let query = world.items.values.map(\.canary).sorted().joined(separator: " ")
        return [
            Path(name: "POST search", kinds: Set(SourceKind.allCases)) { principal in
                let body: [String: Any] = ["query": query, "limit": 100, "explain": true]
                return results(try await server.post("/api/search", body, as: principal).body)
            },
            Path(name: "POST mcp search", kinds: []) { principal in
                let call: [String: Any] = ["name": "search", "arguments": ["query": query, "limit": 50]]
                let body: [String: Any] = ["jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call]
                return try await server.post("/mcp", body, as: principal).body
            },
        ]
    }

    /// What is said of the question itself, as an explanation's list of terms, is the asker's own.
    private static func results(_ body: String) -> String {
        let reply = try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
        let results = reply?["results"] as? [[String: Any]] ?? []
        return results.map { "\($0["text"] ?? "") \($0["title"] ?? "")" }.joined(separator: "\n")
    }

    private static func assistants(_ server: LabServer, _ world: World) -> [Path] {
        let words = world.items.values.map(\.canary).sorted().prefix(12).joined(separator: " ")
        return [
            Path(name: "POST chatbot", kinds: []) { principal in
                let body: [String: Any] = ["query": words, "timezone": "UTC"]
                return try await said(server.post("/api/chatbot", body, as: principal).body, ["answer", "citations"])
            },
            Path(name: "POST chat completions", kinds: []) { principal in
                let body: [String: Any] = [
                    "model": "labsync", "messages": [["role": "user", "content": words]],
                ]
                return try await said(server.post("/v1/chat/completions", body, as: principal).body, ["choices"])
            },
        ]
    }

    /// Path and query of the address that a reply has.
    static func address(in body: String) -> String? {
        let reply = try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
        guard let url = (reply?["url"] as? String).flatMap(URLComponents.init) else { return nil }
        return url.percentEncodedPath + (url.percentEncodedQuery.map { "?\($0)" } ?? "")
    }

    private static func said(_ body: String, _ keys: [String]) throws -> String {
        let reply = try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
        return keys.map { "\(reply?[$0] ?? "")" }.joined(separator: "\n")
    }
}
