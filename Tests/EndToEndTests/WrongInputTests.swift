import Foundation
import Testing

/// Every mistake gets one sentence that says what to do, and a code other than 0.
@Suite(.serialized) struct WrongInputTests {
    private func check(_ result: Program.Result, says words: String) {
        #expect(result.code != 0)
        #expect(result.errors.localizedCaseInsensitiveContains(words), "\(result.errors)")
        #expect(!result.errors.contains("Fatal error"))
    }

    @Test func `an unknown flag`() throws {
        check(try Program().run("serve", "--prot", "1"), says: "--prot")
    }

    @Test func `a setting that is no number`() throws {
        var program = Program()
        program.environment = ["LABSYNC_PORT": "many"]
        check(try program.run("serve"), says: "LABSYNC_PORT")
    }

    @Test func `no PostgreSQL`() throws {
        var program = Program()
        defer { program.clean() }
        program.environment = ["DATABASE_URL": "postgresql://127.0.0.1:1/none"]
        check(try program.run("index", "status"), says: "database")
    }

    @Test func `a missing model, an unknown member, a bad line`() async throws {
        try await Program.withLab { program in
            var blind = program
            blind.environment = ["LABSYNC_MODEL_DIR": "/nowhere"]
            check(try blind.run("ask", "Anything?"), says: "/nowhere")
            check(try program.run("token", "--as", "nobody@okafor-lab.example"), says: "nobody@okafor-lab.example")

            let file = "\(program.data)/bad.jsonl"
            try Data("{\"type\":\"role\",\"name\":\"fresh\"}\n{\"type\":\"moon\"}\n".utf8).write(
                to: URL(filePath: file)
            )
            let imported = try program.run("import", file)
            check(imported, says: "line 2")
            let missing = try program.run("import", "\(program.data)/absent.jsonl")
            check(missing, says: "absent.jsonl")
        }
    }
}
