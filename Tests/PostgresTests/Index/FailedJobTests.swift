import Assistant
import Ingest
import Outbound
import Postgres
import Retrieval
import TestSupport
import Testing

/// What becomes of jobs that fail.
struct FailedJobTests {
    @Test func `a failure that passes keeps the job and stops the worker`() async throws {
        try await TestLab.with { lab in
            try await lab.begin()
            let me = try await lab.addUser("Me")
            let conversation = try await lab.addConversation([me])
            _ = try await lab.addMessage("Note", by: me, in: conversation)
            let worker = try lab.worker(interrupting { throw OutboundError.circuitOpen })
            await #expect(throws: OutboundError.circuitOpen) { _ = try await worker.workOnce() }
            let job = try await JobRecords(lab.ingest).list(nil, limit: 10)

            #expect(job.map(\.state) == ["waiting"])
            #expect(job.map(\.attempts) == [1])
            #expect(job.first?.reason?.contains("circuitOpen") == true)
        }
    }

    @Test func `a job that always fails is a dead letter, which can be tried again or dropped`() async throws {
        try await TestLab.with { lab in
            try await lab.begin(PoisonedEmbedder())
            let me = try await lab.addUser("Me")
            let conversation = try await lab.addConversation([me])
            _ = try await lab.addMessage("poison", by: me, in: conversation)
            let worker = try lab.worker(PoisonedEmbedder())
            for _ in 0..<10 {
                _ = try await worker.workOnce()
                try await lab.superuser.run("update index_jobs set run_after = now()")
            }
            let records = JobRecords(lab.ingest)
            let dead = try await records.list(.dead, limit: 10)
            let retried = try await records.retry(.dead)
            let waiting = try await records.list(.waiting, limit: 10)
            let dropped = try await records.drop(.ids(waiting.map(\.id)))

            #expect(dead.map(\.attempts) == [8])
            #expect(dead.first?.reason?.contains("Poison") == true)
            #expect(retried == 1)
            #expect(waiting.map(\.attempts) == [0])
            #expect(dropped == 1)
        }
    }

    @Test func `a source that cannot be embedded does not hold up the others`() async throws {
        try await TestLab.with { lab in
            let me = try await lab.addUser("Me")
            let conversation = try await lab.addConversation([me])
            for text in ["fine one", "poison", "fine two"] {
                _ = try await lab.addMessage(text, by: me, in: conversation)
            }
            let embedder = PoisonedEmbedder()
            try await lab.begin(embedder)
            _ = try await lab.worker(embedder).workOnce()
            let texts: [String] = try await lab.ingest.query("select text from chunks order by text")
                .map { try $0.get("text") }
            let report = try await lab.ingest.query("select last_error from index_jobs where last_error is not null")

            #expect(texts.contains { $0.contains("fine one") })
            #expect(!texts.contains { $0 == "poison" })
            #expect(!report.isEmpty)
        }
    }
}

private struct PoisonedEmbedder: Embedder {
    struct Poison: Error {}
    private let words = WordEmbedder()
    let name = "words"
    var dimension: Int { words.dimension }

    func embed(_ texts: [String]) async throws -> [[Float]] {
        if texts.contains(where: { $0 == "poison" || $0.hasSuffix(": poison") }) { throw Poison() }
        return try await words.embed(texts)
    }
}
