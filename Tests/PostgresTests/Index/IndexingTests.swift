import Assistant
import Domain
import Foundation
import Ingest
import Logging
import Outbound
import Postgres
import Retrieval
import Synchronization
import TestSupport
import Testing

struct IndexingTests {
    @Test func `a written message is found and a deleted one is gone with its chunks`() async throws {
        try await TestLab.with { lab in
            let me = try await lab.addUser("Me")
            let conversation = try await lab.addConversation([me])
            let message = try await lab.addMessage("The krypton lamp is broken", by: me, in: conversation)
            let index = try await lab.indexed()
            let found = try await lab.search(index).search(.init("krypton lamp"), for: Principal(user: me))
            try await lab.superuser.run("delete from messages where id = \(message)")
            let after = try await lab.search(index).search(.init("krypton lamp"), for: Principal(user: me))
            let chunks = try await lab.ingest.query("select from chunks")

            #expect(found.hits.map(\.evidence.source.id) == [message.uuid])
            #expect(after.hits.isEmpty)
            #expect(chunks.isEmpty)
        }
    }

    @Test func `a write that is rolled back orders nothing`() async throws {
        struct Stop: Error {}
        try await TestLab.with { lab in
            try await lab.begin()
            let me = try await lab.addUser("Me")
            await #expect(throws: Stop.self) {
                try await lab.superuser.withTransaction { transaction in
                    try await transaction.run(
                        "insert into statuses (author_id, text, visibility) values (\(me), 'ghost', 'public')"
                    )
                    throw Stop()
                }
            }
            let jobs = try await lab.ingest.query("select from index_jobs")

            #expect(jobs.isEmpty)
        }
    }

    @Test func `unchanged text is not embedded again`() async throws {
        try await TestLab.with { lab in
            let me = try await lab.addUser("Me")
            let conversation = try await lab.addConversation([me])
            _ = try await lab.addMessage("The krypton lamp is broken", by: me, in: conversation)
            let embedder = CountingEmbedder()
            _ = try await lab.indexed(embedder)
            let first = embedder.count
            try await lab.ingest.run("select labsync.enqueue('message', array(select id from messages))")
            _ = try await lab.indexed(embedder)

            #expect(first > 0)
            #expect(embedder.count == first)
        }
    }

    @Test func `two workers never take the same job`() async throws {
        try await TestLab.with { lab in
            let me = try await lab.addUser("Me")
            try await lab.begin()
            let conversation = try await lab.addConversation([me])
            for number in 0..<30 { _ = try await lab.addMessage("Note \(number)", by: me, in: conversation) }
            let store = IndexJobStore(lab.ingest)
            let first = try await store.lease(limit: 20, for: .seconds(30), of: lab.serving(), in: .words)
            let second = try await store.lease(limit: 20, for: .seconds(30), of: lab.serving(), in: .words)

            #expect(first.count == 20)
            #expect(second.count == 10)
            #expect(Set(first.map(\.source)).isDisjoint(with: second.map(\.source)))
        }
    }

    @Test func `what is done at once is not passed over while others take their jobs`() async throws {
        try await TestLab.with { lab in
            let me = try await lab.addUser("Me")
            try await lab.begin()
            try await lab.superuser.run(
                """
                insert into statuses (author_id, text, visibility)
                select \(me)::uuid, 'status ' || number, 'public' from generate_series(1, 3000) as number
                """
            )
            let serving = try await lab.serving()
            let stores = [IndexJobStore(lab.ingest), IndexJobStore(lab.superuser)]
            try await withThrowingTaskGroup { group in
                for store in stores + stores {
                    group.addTask {
                        while true {
                            let jobs = try await store.lease(limit: 50, for: .seconds(30), of: serving, in: .words)
                            if jobs.isEmpty { return }
                            try await store.complete(
                                jobs.map { IndexedSource(job: $0, document: nil, chunks: []) },
                                in: serving
                            )
                        }
                    }
                }
                try await group.waitForAll()
            }
            let left = try await lab.ingest.query("select from index_jobs")

            #expect(left.isEmpty)
        }
    }

    @Test func `a worker that lost its lease changes nothing`() async throws {
        try await TestLab.with { lab in
            try await lab.begin()
            let me = try await lab.addUser("Me")
            let conversation = try await lab.addConversation([me])
            _ = try await lab.addMessage("Note", by: me, in: conversation)
            let store = IndexJobStore(lab.ingest)
            let serving = try await lab.serving()
            let stale = try await store.lease(limit: 1, for: .milliseconds(50), of: serving, in: .words)
            try await Task.sleep(for: .milliseconds(200))
            let fresh = try await store.lease(limit: 1, for: .seconds(30), of: serving, in: .words)
            // The job is gone for the stale worker: completing with nothing would delete it and its chunks.
            try await store.complete([IndexedSource(job: stale[0], document: nil, chunks: [])], in: serving)
            let jobs = try await lab.ingest.query("select from index_jobs")

            #expect(fresh.count == 1)
            #expect(jobs.count == 1)
        }
    }

    @Test func `a lease that is renewed is not given away`() async throws {
        try await TestLab.with { lab in
            try await lab.begin()
            let me = try await lab.addUser("Me")
            let conversation = try await lab.addConversation([me])
            _ = try await lab.addMessage("Note", by: me, in: conversation)
            let store = IndexJobStore(lab.ingest)
            let serving = try await lab.serving()
            let held = try await store.lease(limit: 1, for: .milliseconds(200), of: serving, in: .words)
            try await store.extend(held, by: .seconds(30))
            try await Task.sleep(for: .milliseconds(400))

            #expect(try await store.lease(limit: 1, for: .seconds(30), of: serving, in: .words).isEmpty)
        }
    }

    @Test(arguments: ["update messages set content = 'newer'", "delete from messages"])
    func `what changes while it is indexed is not indexed as it was`(change: String) async throws {
        try await TestLab.with { lab in
            try await lab.begin()
            let me = try await lab.addUser("Me")
            let conversation = try await lab.addConversation([me])
            _ = try await lab.addMessage("older", by: me, in: conversation)
            // The change comes between the reading of the source and the storing of its chunks.
            let embedder = interrupting {
                try await lab.superuser.withConnection { try await $0.runScript(change) }
            }
            try await lab.worker(embedder).drain()
            let texts: [String] = try await lab.ingest.query("select text from chunks").map { try $0.get("text") }
            let jobs = try await lab.ingest.query("select from index_jobs")

            #expect(texts == (change.hasPrefix("update") ? ["newer"] : []))
            #expect(jobs.isEmpty)
        }
    }

    @Test func `who changes a file and who finishes its job never wait for each other`() async throws {
        try await TestLab.with { lab in
            try await lab.begin()
            let me = try await lab.addUser("Me")
            try await lab.superuser.run(
                """
                insert into files (owner_id, name, content_type, size_bytes, sha256, object_key, state)
                values (\(me), 'note.txt', 'text/plain', 4, 'old', 'files/old', 'queued')
                """
            )
            let store = IndexJobStore(lab.ingest)
            let serving = try await lab.serving()
            let held = try await store.lease(limit: 1, for: .seconds(30), of: serving, in: .files)
            try await lab.superuser.withTransaction { transaction in
                try await transaction.run("update files set user_metadata = '{}'")
                // The row is locked, the job not yet: a worker that took the job and waited would be in the way below.
                try await store.complete([IndexedSource(job: held[0], document: nil, chunks: [])], in: serving)
                try await transaction.run("update files set sha256 = 'new'")
            }

            #expect(held.count == 1)
            #expect(
                try await store.lease(limit: 1, for: .seconds(30), of: serving, in: .files).map(\.source)
                    == held.map(\.source)
            )
        }
    }

    @Test func `a status that is hidden while it is indexed is indexed as hidden`() async throws {
        try await TestLab.with { lab in
            try await lab.begin()
            let me = try await lab.addUser("Me")
            try await lab.superuser.run(
                "insert into statuses (author_id, text, visibility) values (\(me), 'note', 'public')"
            )
            let embedder = interrupting {
                try await lab.superuser.run("update statuses set visibility = 'private'")
            }
            try await lab.worker(embedder).drain()
            let scopes: [String] = try await lab.ingest.query("select scope from chunks").map { try $0.get("scope") }

            #expect(scopes == ["author:\(me)"])
        }
    }

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

    @Test func `the index follows what others commit`() async throws {
        try await TestLab.with { lab in
            let me = try await lab.addUser("Me")
            let conversation = try await lab.addConversation([me])
            _ = try await lab.indexed()
            let embedder = WordEmbedder()
            let index = SearchIndex(dimension: embedder.dimension)
            let feed = try await ChangeFeed(
                connectionString: lab.connectionString,
                database: lab.ingest,
                keeper: lab.keeper(index, embedder),
                listener: nil,
                logger: Logger(label: "tests")
            )
            let following = Task { try await feed.run() }
            let message = try await lab.addMessage("The krypton lamp", by: me, in: conversation)
            try await lab.worker(embedder).drain()
            let appeared = try await eventually { index.statistics.passages == 1 }
            try await lab.superuser.run("delete from messages where id = \(message)")
            let vanished = try await eventually { index.statistics.passages == 0 }
            following.cancel()
            _ = await following.result

            #expect(appeared)
            #expect(vanished)
        }
    }

    private func eventually(_ isTrue: () -> Bool) async throws -> Bool {
        for _ in 0..<100 {
            if isTrue() { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }
}

private final class CountingEmbedder: Embedder {
    private let words = WordEmbedder()
    private let counter = Mutex(0)
    let name = "words"
    var dimension: Int { words.dimension }
    var count: Int { counter.withLock { $0 } }

    func embed(_ texts: [String]) async throws -> [[Float]] {
        counter.withLock { $0 += texts.count }
        return try await words.embed(texts)
    }
}

/// Does something between the reading of a source and the storing of its chunks, the first time.
private func interrupting(_ interruption: @escaping @Sendable () async throws -> Void) -> WordEmbedder {
    let isFirst = Mutex(true)
    return WordEmbedder {
        let isNow = isFirst.withLock { isFirst in
            defer { isFirst = false }
            return isFirst
        }
        if isNow { try await interruption() }
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
