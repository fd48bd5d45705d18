import Foundation
import FoundationNetworking
import Testing

/// The built program, run as a user runs it, with a data folder of its own.
struct Program: Sendable {
    struct Result: Sendable {
        let code: Int32
        let output: String
        let errors: String
    }

    let data: String
    var environment: [String: String] = [:]

    static var root: String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .path
    }

    init() {
        data = "\(NSTemporaryDirectory())labsync-e2e-\(UUID().uuidString.prefix(8))"
    }

    /// Lends a program with the tiny lab imported and indexed; its database is stopped whatever happens.
    static func withLab<Value>(_ body: (Program) async throws -> Value) async throws -> Value {
        let program = Program()
        defer { program.clean() }
        let imported = try program.run("import", "fixtures/tiny-lab")
        try #require(imported.code == 0, "\(imported.errors)")
        let indexed = try program.run("reindex")
        try #require(indexed.code == 0, "\(indexed.errors)")
        return try await body(program)
    }

    func run(_ arguments: String..., input: String? = nil) throws -> Result {
        let process = process(arguments)
        let (output, errors, stdin) = (Pipe(), Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = stdin
        try process.run()
        stdin.fileHandleForWriting.write(Data((input ?? "").utf8))
        try stdin.fileHandleForWriting.close()
        // Small outputs: a pipe holds them.
        process.waitUntilExit()
        return Result(
            code: process.terminationStatus,
            output: String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self),
            errors: String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        )
    }

    /// A running server.
    struct Server: Sendable {
        let address: String
        let pid: pid_t
        fileprivate let end: @Sendable () -> Void

        /// SIGTERM, and waits.
        func stop() { end() }

        func kill() {
            Foundation.kill(pid, SIGKILL)
            end()
        }

        func post(_ path: String, _ body: [String: String], token: String?) async throws -> (Int, String) {
            var request = URLRequest(url: try #require(URL(string: address + path)))
            request.httpMethod = "POST"
            request.httpBody = try JSONSerialization.data(withJSONObject: body)
            return try await send(request, token)
        }

        func get(_ path: String, token: String?) async throws -> (Int, String) {
            try await send(URLRequest(url: try #require(URL(string: address + path))), token)
        }

        private func send(_ request: URLRequest, _ token: String?) async throws -> (Int, String) {
            var request = request
            request.timeoutInterval = 20
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
            if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
            let (data, response) = try await URLSession.shared.data(for: request)
            return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
        }
    }

    func serve() throws -> Server {
        let process = process(["serve", "--port", "0"])
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        var text = ""
        while !text.contains("\n") {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { break }
            text += String(decoding: more, as: UTF8.self)
        }
        let address = try #require(text.split(separator: " ").last.map { $0.trimmingCharacters(in: .newlines) })
        let pid = process.processIdentifier
        return Server(address: address, pid: pid) {
            Foundation.kill(pid, SIGTERM)
            process.waitUntilExit()
        }
    }

    func token(_ name: String) throws -> String {
        let result = try run("token", "--as", "\(name)@okafor-lab.example")
        try #require(result.code == 0, "\(result.errors)")
        return result.output.trimmingCharacters(in: .newlines)
    }

    /// Stops a database that a killed program left, and removes the folder.
    func clean() {
        if let text = try? String(contentsOfFile: "\(data)/postgres/postmaster.pid", encoding: .utf8),
            let pid = text.split(separator: "\n").first.flatMap({ pid_t($0) })
        {
            Foundation.kill(pid, SIGQUIT)
            for _ in 0..<100 where Foundation.kill(pid, 0) == 0 { usleep(20_000) }
        }
        try? FileManager.default.removeItem(atPath: data)  // Best effort: the folder is a temporary one.
    }

    private func process(_ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "\(Self.root)/.build/release/labsync")
        process.currentDirectoryURL = URL(filePath: Self.root)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["LABSYNC_DATA": data, "OPENAI_API_KEY": "", "OPENAI_BASE_URL": "", "LABSYNC_MODEL": ""]
        ) { _, ours in ours }.merging(environment) { _, ours in ours }
        return process
    }
}
