import Assistant
import Domain
import Logging
import Postgres
import Retrieval
import Synchronization
import TestSupport
import Testing

struct ChangeFeedTests {
    @Test func `each change reaches those alone who may see it, deletes included`() async throws {
        try await TestLab.with { lab in
            let (ann, bob, eve) = (
                try await lab.addUser("Ann"), try await lab.addUser("Bob"), try await lab.addUser("Eve")
            )
            let room = try await lab.addConversation([ann, bob])
            let listener = Listener(users: [ann, bob, eve])
            let feed = try await ChangeFeed(
                connectionString: lab.connectionString,
                database: lab.ingest,
                keeper: lab.keeper(SearchIndex(dimension: WordEmbedder().dimension)),
                listener: listener,
                logger: Logger(label: "tests")
            )
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
}

private final class Listener: CommitListener {
    private struct State {
        var audience = LabAudience()
        var told: [UserID: [String]] = [:]
        var count = 0
    }

    private let users: [UserID]
    private let state = Mutex(State())
    var told: [UserID: [String]] { state.withLock { $0.told } }
    var count: Int { state.withLock { $0.count } }

    init(users: [UserID]) {
        self.users = users
    }

    func begin(_ start: FeedStart) async { state.withLock { $0.audience = start.audience } }

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
