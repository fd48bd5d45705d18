import Foundation
import Testing

@Suite(.serialized) struct AnswerTests {
    @Test func `a question is answered with a citation in the terminal, in the REPL and over HTTP`() async throws {
        try await Program.withLab { program in
            let asked = try program.run(
                "ask",
                "--as",
                "emma.novak@okafor-lab.example",
                "What is the minimum level of liquid nitrogen?"
            )
            let talked = try program.run(
                "repl",
                "--as",
                "emma.novak@okafor-lab.example",
                input: "What is the minimum level of liquid nitrogen?\n"
            )
            let token = try program.token("emma.novak")
            let server = try program.serve()
            defer { server.stop() }
            let (status, body) = try await server.post(
                "/api/chatbot",
                ["query": "What is the minimum level of liquid nitrogen?"],
                token: token
            )

            for text in [asked.output, talked.output, body] {
                #expect(text.contains("25 cm"))
                #expect(text.contains("00000000-0000-4000-8005-000000000001"))
            }
            #expect(asked.code == 0)
            #expect(status == 200)
        }
    }

    @Test func `what is hidden from the asker is not revealed`() async throws {
        try await Program.withLab { program in
            let question = "Under which number was the manuscript submitted to Molecular Cell?"
            let member = try program.run("ask", "--as", "jonas.weber@okafor-lab.example", question)
            let outsider = try program.run("ask", "--as", "emma.novak@okafor-lab.example", question)

            #expect(member.output.contains("MOLCELL-D-26-01931"))
            #expect(!outsider.output.contains("MOLCELL"))
            #expect(!outsider.output.contains("Molecular Cell"))
        }
    }

    @Test func `indexing everything again changes no answer`() async throws {
        try await Program.withLab { program in
            let arguments = ("ask", "--as", "jonas.weber@okafor-lab.example", "--json", "Why did the pump click?")
            func quotes() throws -> [String] {
                let result = try program.run(arguments.0, arguments.1, arguments.2, arguments.3, arguments.4)
                let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
                return (object?["citations"] as? [[String: Any]] ?? []).compactMap { $0["quote"] as? String }
            }
            let before = try quotes()
            let again = try program.run("reindex", "--all")
            let after = try quotes()

            #expect(again.code == 0)
            // A bar is for terminals.
            #expect(!again.errors.contains("sources/s"))
            #expect(!before.isEmpty)
            #expect(before == after)
        }
    }

    @Test func `a lab that was backed up and restored gives the same answers`() async throws {
        try await Program.withLab { program in
            let folder = "\(program.data)-backup"
            let other = Program()
            defer {
                other.clean()
                try? FileManager.default.removeItem(atPath: folder)  // A temporary folder.
            }
            let saved = try program.run("backup", folder)
            let again = try program.run("backup", folder)
            let restored = try other.run("restore", folder)
            let twice = try other.run("restore", folder)
            let question = "What is the minimum level of liquid nitrogen?"
            let before = try program.run("search", "--as", "emma.novak@okafor-lab.example", "--json", question)
            let after = try other.run("search", "--as", "emma.novak@okafor-lab.example", "--json", question)

            #expect(saved.code == 0, "\(saved.errors)")
            #expect(again.code != 0)
            #expect(restored.code == 0, "\(restored.errors)")
            #expect(twice.code != 0)
            #expect(before.output.contains("25 cm"))
            #expect(before.output == after.output)
        }
    }

    @Test func `every route is described`() async throws {
        let program = Program()
        defer { program.clean() }
        let server = try program.serve()
        defer { server.stop() }
        let (status, document) = try await server.get("/openapi.json", token: nil)
        let (_, metrics) = try await server.get("/metrics", token: nil)

        #expect(status == 200)
        #expect(document.contains("/api/chat/messages"))
        #expect(!document.contains("Not described yet."))
        #expect(metrics.contains("labsync_http_requests_total{status=\"200\"} 1"))
    }

    @Test func `a killed server loses nothing that it acknowledged`() async throws {
        try await Program.withLab { program in
            let token = try program.token("emma.novak")
            let first = try program.serve()
            var ids: [String] = []
            for number in 0..<20 {
                let (status, body) = try await first.post(
                    "/api/chat/messages",
                    [
                        "conversation_id": "00000000-0000-4000-8001-000000000001",
                        "content": "Spare part number \(number) is in drawer \(number)",
                    ],
                    token: token
                )
                #expect(status == 201)
                ids.append(String(body.prefix(100)))
            }
            first.kill()
            let second = try program.serve()
            defer { second.stop() }
            let (_, list) = try await second.get(
                "/api/chat/messages?conversation_id=00000000-0000-4000-8001-000000000001&limit=100",
                token: token
            )
            var found = ""
            for _ in 0..<60 where !found.contains("drawer 19") {
                try await Task.sleep(for: .milliseconds(250))
                found = try await second.post("/api/search", ["query": "spare part number 19"], token: token).1
            }

            for number in 0..<20 { #expect(list.contains("Spare part number \(number) is")) }
            #expect(found.contains("drawer 19"))
        }
    }
}
