import Domain
import Foundation
import Ingest
import Postgres
import TestSupport
import Testing

struct ImportStoreTests {
    private let user = UserID()
    private let conversation = ConversationID()

    private var records: [ImportRecord] {
        [
            .user(.init(id: user, email: "a@lab.example", fullName: "A", roles: ["staff", "imaging"])),
            .conversation(.init(id: conversation, name: "topic", isGroup: true, members: [user])),
            .message(
                .init(
                    id: MessageID(),
                    conversation: conversation,
                    sender: user,
                    content: "Hello",
                    createdAt: Date(timeIntervalSince1970: 1_700_000_000)
                )
            ),
        ]
    }

    @Test func `importing the same twice is importing it once`() async throws {
        let records = records
        try await TestLab.with { lab in
            let store = ImportStore(lab.ingest)
            _ = try await store.store(records, objects: [:])
            _ = try await store.store(records, objects: [:])
            let messages = try await lab.superuser.query("select created_at from messages")
            let roles = try await lab.superuser.query("select from user_roles where user_id = \(user)")

            #expect(messages.count == 1)
            #expect(try messages[0].get("created_at") == Date(timeIntervalSince1970: 1_700_000_000))
            #expect(roles.count == 2)
        }
    }

    @Test func `of a batch with a bad row nothing is stored`() async throws {
        var records = records
        records.append(
            .message(.init(id: MessageID(), conversation: ConversationID(), sender: user, content: "Nowhere"))
        )
        let bad = records
        try await TestLab.with { lab in
            await #expect(throws: (any Error).self) {
                try await ImportStore(lab.ingest).store(bad, objects: [:])
            }
            let users = try await lab.superuser.query("select from users")

            #expect(users.isEmpty)
        }
    }
}
