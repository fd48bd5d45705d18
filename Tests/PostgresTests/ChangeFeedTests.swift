import Assistant
import Domain
import Logging
import Postgres
import Retrieval
import Synchronization
import TestSupport
import Testing

struct ChangeFeedTests {
    private func feed(of lab: TestLab, _ listener: Listener) async throws -> ChangeFeed {
        try await ChangeFeed(
            connectionString: lab.connectionString,
            database: lab.ingest,
            keeper: lab.keeper(SearchIndex(dimension: WordEmbedder().dimension)),
            listener: listener,
            logger: Logger(label: "tests")
        )
    }

    @Test func `each change reaches those alone who may see it, deletes included`() async throws {
        try await TestLab.with { lab in
            let (ann, bob, eve) = (
                try await lab.addUser("Ann"), try await lab.addUser("Bob"), try await lab.addUser("Eve")
            )
            let room = try await lab.addConversation([ann, bob])
            let listener = Listener(users: [ann, bob, eve])
            let feed = try await self.feed(of: lab, listener)
            let following = Task { try await feed.run() }
            let message = try await lab.addMessage("first", by: ann, in: room)
            try await lab.superuser.run("delete from conversation_members where user_id = \(bob)")
            try await lab.superuser.run("delete from messages where id = \(message)")
            let status = StatusID()
            try await lab.superuser.run(
                "insert into statuses (id, author_id, text, visibility) values (\(status), \(ann), 'open', 'public')"
            )
            try await lab.superuser.run(
                "update statuses set visibility = 'private', text = 'shut' where id = \(status)"
            )
            for _ in 0..<100 where listener.count < 5 { try await Task.sleep(for: .milliseconds(50)) }
            following.cancel()
            _ = await following.result

            let told = listener.told
            #expect(
                told[ann] == [
                    "messages insert", "conversation_members delete", "messages delete", "statuses insert",
                    "statuses update",
                ]
            )
            #expect(
                told[bob] == ["messages insert", "conversation_members delete", "statuses insert", "statuses delete"]
            )
            #expect(told[eve] == ["statuses insert", "statuses delete"])
        }
    }

    @Test func `a feed that begins anew leaves no slot behind`() async throws {
        try await TestLab.with { lab in
            let ann = try await lab.addUser("Ann")
            let listener = Listener(users: [ann])
            let feed = try await self.feed(of: lab, listener)
            let following = Task { try await feed.run() }
            func slots() async throws -> Int {
                try await lab.superuser.query(
                    "select from pg_replication_slots where database = current_database()"
                ).count
            }
            #expect(try await slots() == 1)

            for round in 1...3 {
                let begun = listener.begun
                // It is not told what was there: the feed reads it all again.
                try await lab.superuser.run("truncate status_comments")
                for _ in 0..<200 where listener.begun == begun { try await Task.sleep(for: .milliseconds(50)) }
                #expect(listener.begun > begun, "round \(round)")
            }
            for _ in 0..<40 where try await slots() > 1 { try await Task.sleep(for: .milliseconds(50)) }
            #expect(try await slots() == 1)
            following.cancel()
            _ = await following.result
            // Nobody holds the feed's connection once it does not run.
            for _ in 0..<40 where try await slots() > 0 { try await Task.sleep(for: .milliseconds(50)) }
            #expect(try await slots() == 0)
        }
    }
}

private final class Listener: CommitListener {
    private struct State {
        var audience = LabAudience()
        var told: [UserID: [String]] = [:]
        var count = 0
        var begun = 0
    }

    private let users: [UserID]
    private let state = Mutex(State())
    var told: [UserID: [String]] { state.withLock { $0.told } }
    var count: Int { state.withLock { $0.count } }
    var begun: Int { state.withLock { $0.begun } }

    init(users: [UserID]) {
        self.users = users
    }

    func begin(_ start: FeedStart) async {
        state.withLock { state in
            state.audience = start.audience
            state.begun += 1
        }
    }

    func interrupted() async {}

    func committed(_ transaction: CommittedTransaction) async {
        state.withLock { state in
            let advance = state.audience.advance(transaction)
            for change in advance.changes {
                state.count += 1
                for user in users {
                    let after = state.audience.grants(of: user)
                    let before = advance.grantsBefore[user] ?? after
                    guard let view = change.view(before: before, after: after) else { continue }
                    state.told[user, default: []].append("\(change.table.rawValue) \(view)")
                }
            }
        }
    }
}
