import Extraction
import Foundation
import Testing

struct LimitedProcessTests {
    /// Runs a shell on a folder of its own that holds `input`.
    private func run(_ script: String, _ limits: LimitedProcess.Limits = .init()) async throws -> (
        outcome: LimitedProcess.Outcome, output: String
    ) {
        let folder = "\(NSTemporaryDirectory())labsync-limited-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o755]
        )
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data("words".utf8).write(to: URL(fileURLWithPath: "\(folder)/input"))
        let process = LimitedProcess(confinement: await Confinement.find(), limits: limits)
        let outcome = try await process.run("/bin/sh", ["-c", script], in: folder, output: "\(folder)/output")
        return (outcome, try String(contentsOfFile: "\(folder)/output", encoding: .utf8))
    }

    @Test func `it reads its folder and writes its output`() async throws {
        let (outcome, output) = try await run("cat input; echo; echo done")

        #expect(outcome == .finished)
        #expect(output == "words\ndone\n")
    }

    @Test func `what hangs is ended, with all that it started`() async throws {
        let start = ContinuousClock.now
        let (outcome, _) = try await run("sleep 300 & sleep 300", .init(patience: .seconds(1)))

        #expect(outcome == .tookTooLong)
        #expect(.now - start < .seconds(120))
    }

    @Test func `what computes without end is ended, however busy the machine is`() async throws {
        let (outcome, _) = try await run("while :; do :; done", .init(time: .seconds(1)))

        #expect(outcome == .tookTooLong)
    }

    @Test func `more memory than allowed is not had`() async throws {
        let (outcome, output) = try await run(
            "/usr/bin/python3 -c 'bytearray(400 << 20); print(\"had\")'",
            .init(memory: 256 << 20)
        )

        #expect(outcome != .finished)
        #expect(output.isEmpty)
    }

    @Test func `an output without end is cut`() async throws {
        let (outcome, output) = try await run("exec yes", .init(output: 1 << 20))

        #expect(outcome == .wroteTooMuch)
        #expect(output.utf8.count == 1 << 20)
    }

    @Test func `words on the error output without end neither block nor fill anything`() async throws {
        let (outcome, _) = try await run("head -c 5000000 /dev/zero >&2; exit 3")

        guard case .failed("3", let message) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(message.utf8.count <= 8192)
    }

    @Test func `nothing is written, no other file read, no address reached`() async throws {
        guard await Confinement.find() == .sandbox else { return }
        let (_, output) = try await run(
            """
            for place in . / /tmp /dev /usr; do touch $place/x 2>/dev/null && echo "wrote $place"; done
            cat /etc/passwd /etc/hostname 2>/dev/null
            ls /home /root /srv /proc 2>/dev/null
            /usr/bin/python3 -c 'import socket; socket.create_connection(("192.0.2.1", 80), 1)' 2>&1 | grep -o Errno.*
            """
        )

        #expect(output == "Errno 101] Network is unreachable\n")
    }
}
