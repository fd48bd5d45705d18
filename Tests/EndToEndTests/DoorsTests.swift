import Foundation
import FoundationNetworking
import Testing

/// The doors for other programs, as their clients knock.
@Suite(.serialized) struct DoorsTests {
    @Test func `programs that speak to OpenAI or MCP are answered in their own words`() async throws {
        try await Program.withLab { program in
            let token = try program.token("emma.novak")
            let server = try program.serve()
            defer { server.stop() }
            func call(_ path: String, _ body: String?, _ headers: [String: String] = [:]) async throws -> Reply {
                try await Reply(server.address + path, body, token: token, headers)
            }

            let models = try await call("/v1/models", nil)
            #expect((models.json["data"] as? [[String: Any]])?.first?["id"] as? String == "labsync")

            let question = #"[{"role":"user","content":"What is the minimum level of liquid nitrogen?"}]"#
            let chat = try await call("/v1/chat/completions", #"{"model":"labsync","messages":\#(question)}"#)
            let message = (chat.json["choices"] as? [[String: Any]])?.first?["message"] as? [String: Any]
            #expect((message?["content"] as? String)?.contains("25 cm") == true)
            #expect((message?["annotations"] as? [Any])?.isEmpty == false)

            let stream = try await call(
                "/v1/chat/completions",
                #"{"model":"labsync","stream":true,"stream_options":{"include_usage":true},"messages":\#(question)}"#
            )
            #expect(stream.text.contains("25 cm"))
            #expect(stream.text.hasSuffix("data: [DONE]\n\n"))
            #expect(stream.text.contains(#""choices":[]"#))

            let vectors = try await call(
                "/v1/embeddings",
                #"{"model":"all-MiniLM-L6-v2","input":["one","two"],"encoding_format":"base64"}"#
            )
            let first = (vectors.json["data"] as? [[String: Any]])?.first?["embedding"] as? String
            #expect(first.flatMap { Data(base64Encoded: $0) }?.count == 384 * 4)

            let unknown = try await call("/v1/chat/completions", #"{"model":"nope","messages":\#(question)}"#)
            #expect(unknown.status == 404)
            #expect((unknown.json["error"] as? [String: Any])?["code"] as? String == "model_not_found")

            let hello = try await call(
                "/mcp",
                #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18"}}"#
            )
            #expect((hello.json["result"] as? [String: Any])?["protocolVersion"] as? String == "2025-06-18")

            let meta =
                #""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","#
                + #""io.modelcontextprotocol/clientCapabilities":{}}"#
            let body =
                #"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"search","#
                + #""arguments":{"query":"liquid nitrogen"},\#(meta)}}"#
            let headers = ["MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "search"]
            let modern = try await call("/mcp", body, headers)
            #expect((modern.json["result"] as? [String: Any])?["resultType"] as? String == "complete")
            #expect(modern.text.contains("25 cm"))
            let mismatched = try await call("/mcp", body, headers.merging(["Mcp-Name": "ask"]) { $1 })
            #expect(mismatched.status == 400)
            #expect((mismatched.json["error"] as? [String: Any])?["code"] as? Int == -32020)

            for path in ["/v1/models", "/mcp"] {
                let refused = try await Reply(server.address + path, path == "/mcp" ? "{}" : nil, token: nil)
                #expect(refused.status == 401)
            }
        }
    }
}

private struct Reply {
    let status: Int
    let text: String

    var json: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]) ?? [:] }

    init(_ address: String, _ body: String?, token: String?, _ headers: [String: String] = [:]) async throws {
        var request = URLRequest(url: try #require(URL(string: address)))
        request.timeoutInterval = 20
        if let body {
            request.httpMethod = "POST"
            request.httpBody = Data(body.utf8)
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        }
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        let (data, response) = try await URLSession.shared.data(for: request)
        status = (response as? HTTPURLResponse)?.statusCode ?? 0
        text = String(decoding: data, as: UTF8.self)
    }
}
