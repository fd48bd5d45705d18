import Domain
import Foundation
import Postgres
import TestSupport
import Testing

/// How PostgreSQL goes about reading back what the index has found.
struct ReadBackPlanTests {
    @Test func `what a few passages are of is looked up one by one, however much the asker sees`() async throws {
        try await TestLab.with { lab in
            let person = try await lab.addUser("Ada")
            let room = try await lab.addConversation([person])
            _ = try await lab.indexed()
            let generation = try await lab.serving()
            try await lab.superuser.withConnection { session in
                // Without the triggers that would order each message to be indexed.
                try await session.runScript(
                    """
                    set session_replication_role = replica;
                    insert into messages (conversation_id, sender_id, content)
                    select '\(room)', '\(person)', 'message ' || number from generate_series(1, 20000) as number;
                    insert into chunks (generation_id, source_kind, source_id, ordinal, scope, conversation_id,
                        created_at, text, content_hash)
                    select \(generation), 'message', id, 0, 'conversation:\(room)', '\(room)', created_at, content, ''
                    from messages;
                    set session_replication_role = default;
                    analyze messages, chunks
                    """
                )
            }
            let chunks: [ChunkID] = try await lab.superuser.query("select id from chunks limit 40").map {
                try $0.get("id")
            }

            let read = try await lab.app.query(
                "select id, text from chunks where id = any (\(chunks)::bigint[])",
                as: Principal(user: person)
            )
            let plan = try await lab.app.query(
                "explain select id, text from chunks where id = any (\(chunks)::bigint[])",
                as: Principal(user: person)
            ).map { try $0.get("QUERY PLAN", as: String.self) }

            #expect(read.count == 40)
            #expect(plan.contains { $0.contains("messages_pkey") }, "\(plan.joined(separator: "\n"))")
            let filter = plan.first { $0.contains("CASE source_kind") } ?? ""
            #expect(!filter.contains("hashed"), "\(filter)")
        }
    }
}
