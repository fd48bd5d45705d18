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
        return [
            list("GET conversations", [], server, ["/api/chat/conversations?"]),
            list("GET messages", [.message], server, conversations),
            list("GET messages forwards", [.message], server, conversations, from: "after=2000-01-01T00:00:00Z"),
            list("GET mentions", [], server, ["/api/chat/mentions?"]),
            list("GET feed", [.status], server, ["/api/status?"]),
            list("GET comments", [.comment], server, comments),
            list("GET schedules", [.schedule], server, ["/api/schedules?from=2020-01-01T00:00:00Z"]),
            list("GET files", [.file], server, ["/api/files?"]),
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

    private static func storage(_ server: LabServer, _ world: World) -> [Path] {
        let objects = world.items.values.compactMap { item in item.objectPath.map { (item, $0) } }
        let publicBuckets = world.publicBuckets
        return [
            Path(name: "GET object", kinds: []) { principal in
                var text = ""
                for (_, path) in objects {
                    text += try await server.get("/storage/v1/object/\(path)", as: principal).body
                }
                return text
            },
            Path(name: "GET public object", kinds: []) { principal in
                var text = ""
                for (item, path) in objects {
                    let reply = try await server.get("/storage/v1/object/public/\(path)", as: principal)
                    guard case .bucket(let id) = item.place, publicBuckets.contains(id) else {
                        #expect(reply.status == 400, "a public address shows \(path)")
                        continue
                    }
                    #expect(reply.body.contains(item.canary), "a public address hides \(path)")
                    text += reply.body
                }
                return text
            },
            Path(name: "POST object list", kinds: []) { principal in
                var text = ""
                for bucket in World.buckets {
                    for prefix in ["", "folder"] {
                        let body = ["prefix": prefix]
                        text += try await server.post("/storage/v1/object/list/\(bucket)", body, as: principal).body
                    }
                }
                return text
            },
            Path(name: "POST object list-v2", kinds: []) { principal in
                var text = ""
                for bucket in World.buckets {
                    text += try await server.post("/storage/v1/object/list-v2/\(bucket)", [:], as: principal).body
                }
                return text
            },
        ]
    }

    /// Files' bytes by every way to them; what only tells that something is there counts as shown.
    private static func files(_ server: LabServer, _ world: World) -> [Path] {
        let files = world.items.values.filter { $0.source.kind == .file }
        func path(_ name: String, _ headers: [String: String]) -> Path {
            Path(name: name, kinds: [.file]) { principal in
                var text = ""
                for file in files {
                    let id = file.source.id.uuidString.lowercased()
                    let signed = try await server.get("/api/files/download?id=\(id)", as: principal)
                    guard let address = Self.address(in: signed.body) else { continue }
                    let reply = try await server.get(address, headers, as: principal)
                    text += reply.status == 304 ? file.canary : reply.body
                }
                return text
            }
        }
        return [
            path("GET file's bytes", [:]),
            path("GET file's range", ["Range": "bytes=0-"]),
            path("GET file unless known", ["If-None-Match": "*"]),
            Path(name: "GET file's picture", kinds: [.file]) { principal in
                var text = ""
                for file in files {
                    let id = file.source.id.uuidString.lowercased()
                    for headers in [[:], ["If-None-Match": "*"]] {
                        let reply = try await server.get("/api/files/\(id)/thumbnail", headers, as: principal)
                        text += reply.status == 304 ? file.canary : reply.body
                    }
                }
                return text
            },
            Path(name: "GET file's versions", kinds: [.file]) { principal in
                var text = ""
                for file in files {
                    let id = file.source.id.uuidString.lowercased()
                    let reply = try await server.get("/api/files/\(id)/versions", as: principal)
                    if reply.status == 200 { text += file.canary }
                }
                return text
            },
            Path(name: "GET object unless known", kinds: []) { principal in
                var text = ""
                for file in files {
                    guard let place = file.objectPath else { continue }
                    for range in [[:], ["Range": "bytes=0-1"]] {
                        let headers = ["If-None-Match": "*"].merging(range) { $1 }
                        let reply = try await server.get("/storage/v1/object/\(place)", headers, as: principal)
                        if [304, 206].contains(reply.status) { text += file.canary }
                    }
                }
                return text
            },
        ]
    }

    /// Path and query of the address that a reply has.
    private static func address(in body: String) -> String? {
        let reply = try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
        guard let url = (reply?["url"] as? String).flatMap(URLComponents.init) else { return nil }
        return url.percentEncodedPath + (url.percentEncodedQuery.map { "?\($0)" } ?? "")
    }

    private static func said(_ body: String, _ keys: [String]) throws -> String {
        let reply = try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
        return keys.map { "\(reply?[$0] ?? "")" }.joined(separator: "\n")
    }
}
