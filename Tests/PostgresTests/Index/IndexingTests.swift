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
