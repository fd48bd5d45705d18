import Domain
import Ingest
import Postgres
import TestSupport
import Testing

/// Who may work on which job, and for how long.
struct LeaseTests {
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
}
