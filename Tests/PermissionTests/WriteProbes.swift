import Domain
import Foundation
import Postgres
import TestSupport

/// Writes and reads that must not succeed; each is tried and undone.
struct WriteProbes {
    private struct Probe {
        let name: String
        let asker: Principal
        let statement: Statement
    }

    private let lab: TestLab
    private let probes: [Probe]

    init(_ lab: TestLab, _ world: World) async throws {
        self.lab = lab
        let insider = try await lab.addUser("Insider")
        let outsider = try await lab.addUser("Outsider", roles: [])
        let third = try await lab.addUser("Third")
        let group = try await lab.addConversation([insider, third])
        let direct = try await lab.addConversation([insider, third], isGroup: false)
        let open = try await lab.addConversation([insider, outsider, third])
        let message = try await lab.addMessage("theirs", by: insider, in: open)
        let hidden = try await lab.addMessage("hidden", by: insider, in: group)
        let (published, secret, comment, event) = (UUID(), UUID(), UUID(), UUID())
        let (file, openFile, thread, turn, upload) = (UUID(), UUID(), UUID(), UUID(), UUID())
        try await lab.superuser.withTransaction { transaction in
            _ = try await transaction.run([
                """
                insert into statuses (id, author_id, text, visibility)
                values (\(published), \(insider), 'seen', 'public'), (\(secret), \(insider), 'secret', 'private')
                """,
                "insert into status_roles (status_id, role_id) select unnest(array[\(secret), \(published)]::uuid[]), id from roles where name = 'staff'",
                "insert into status_comments (id, status_id, author_id, text) values (\(comment), \(published), \(insider), 'c')",
                """
                insert into lab_schedules (id, title, start_time, end_time, created_by)
                values (\(event), 'event', now(), now() + interval '1 hour', \(insider))
                """,
                "insert into schedule_participants (schedule_id, user_id) values (\(event), \(third))",
                """
                insert into files (id, name, content_type, owner_id, conversation_id)
                values (\(file), 'f', 'text/plain', \(insider), null), (\(openFile), 'o', 'text/plain', \(insider), \(open))
                """,
                "insert into file_texts (file_id, text) values (\(file), 'text')",
                "insert into thumbnails (file_id, object_key) values (\(file), 'k')",
                "insert into buckets (id, name) values ('probe', 'probe')",
                """
                insert into file_versions (file_id, object_key, content_type, size_bytes, sha256, created_at)
                values (\(openFile), 'k', 'text/plain', 0, '', now())
                """,
                """
                insert into uploads (id, owner_id, file_id, content_type, length_bytes, expires_at)
                values (\(upload), \(insider), \(openFile), 'text/plain', 2, now() + interval '1 hour')
                """,
                """
                insert into upload_parts (upload_id, start_byte, size_bytes, sha256, object_key)
                values (\(upload), 0, 1, '', 'k')
                """,
                "insert into assistant_threads (id, user_id, title) values (\(thread), \(insider), 't')",
                """
                insert into assistant_turns (id, thread_id, question, answer, mode)
                values (\(turn), \(thread), 'q', 'a', 'none')
                """,
                "insert into assistant_usage (user_id, day, model) values (\(insider), current_date, 'm')",
                """
                insert into idempotency_keys (user_id, key, request, body_hash, created_id)
                values (\(insider), 'k', 'r', ''::bytea, \(turn))
                """,
            ])
        }
        let nobody = Principal(user: UserID())
        func probe(_ name: String, as asker: Principal = Principal(user: outsider), _ statement: Statement) -> Probe {
            Probe(name: name, asker: asker, statement: statement)
        }
        probes = [
            probe("read users as nobody", as: nobody, "select from users"),
            probe("read roles as nobody", as: nobody, "select from roles"),
            probe("read user_roles as nobody", as: nobody, "select from user_roles"),
            probe("read participants as nobody", as: nobody, "select from schedule_participants"),
            probe("read schedules as nobody", as: nobody, "select from lab_schedules"),
            probe("read a conversation", "select from conversations where id = \(group)"),
            probe("read members", "select from conversation_members where conversation_id = \(group)"),
            probe("read a status's roles", "select from status_roles where status_id = \(secret)"),
            probe("read a file's text", "select from file_texts where file_id = \(file)"),
            probe("read a file's picture", "select from thumbnails where file_id = \(file)"),
            probe("read buckets as nobody", as: nobody, "select from buckets"),
            probe(
                "make a bucket",
                "insert into buckets (id, name, owner_id) values ('mine', 'mine', \(outsider))"
            ),
            probe("change a bucket", "update buckets set file_size_limit = 1"),
            probe("delete a bucket", "delete from buckets where id = 'probe'"),
            probe("read what a file was", "select from file_versions where file_id = \(openFile)"),
            probe(
                "add to what a file was",
                """
                insert into file_versions (file_id, object_key, content_type, size_bytes, sha256, created_at)
                values (\(openFile), 'x', 'text/plain', 0, '', now())
                """
            ),
            // Without a condition nothing is read first: the policy for deleting stands alone.
            probe("forget what a file was", "delete from file_versions"),
            probe("read another's upload", "select from uploads where id = \(upload)"),
            probe(
                "begin an upload in another's name",
                """
                insert into uploads (owner_id, file_id, content_type, length_bytes, expires_at)
                values (\(insider), \(openFile), 'text/plain', 2, now())
                """
            ),
            probe("go on with another's upload", "update uploads set received_bytes = 0"),
            probe("give up another's upload", "delete from uploads"),
            probe("read an upload's parts", "select from upload_parts where upload_id = \(upload)"),
            probe(
                "add to another's upload",
                """
                insert into upload_parts (upload_id, start_byte, size_bytes, sha256, object_key)
                values (\(upload), 1, 1, '', 'x')
                """
            ),
            probe("take an upload's parts", "delete from upload_parts"),
            probe("read a thread", "select from assistant_threads where id = \(thread)"),
            probe("read a turn", "select from assistant_turns where id = \(turn)"),
            probe("read a key", "select from idempotency_keys where key = 'k'"),
            probe("read another's usage", "select from assistant_usage where user_id = \(insider)"),
            probe(
                "count on another's account",
                "insert into assistant_usage (user_id, day, model) values (\(insider), current_date, 'n')"
            ),
            // Without a condition nothing is read first: the policy for changes stands alone.
            probe("change another's count", "update assistant_usage set replies = 9"),
            probe("rename somebody", "update users set full_name = 'x' where id = \(insider)"),
            probe("add a user", "insert into users (id, email) values (\(UUID()), 'x@x')"),
            probe("add a role", "insert into roles (name) values ('x')"),
            probe("rename a role", "update roles set name = 'x' where name = 'imaging'"),
            probe("delete a role", "delete from roles where name = 'probe'"),
            probe("take a role", "insert into user_roles (user_id, role_id) values (\(outsider), 1)"),
            probe("revoke a role", "delete from user_roles where user_id = \(insider)"),
            probe("rename a group", "update conversations set name = 'x' where id = \(group)"),
            probe(
                "rename a direct conversation",
                as: Principal(user: insider),
                "update conversations set name = 'x' where id = \(direct)"
            ),
            probe("delete a conversation", "delete from conversations where id = \(open)"),
            probe("join", "insert into conversation_members (conversation_id, user_id) values (\(group), \(outsider))"),
            probe("mark for others", "update conversation_members set last_read_at = now() where user_id = \(insider)"),
            probe(
                "throw out",
                "delete from conversation_members where conversation_id = \(open) and user_id = \(insider)"
            ),
            probe(
                "leave a direct conversation",
                as: Principal(user: insider),
                "delete from conversation_members where conversation_id = \(direct) and user_id = \(insider)"
            ),
            probe(
                "write into a hidden conversation",
                "insert into messages (conversation_id, sender_id, content) values (\(group), \(outsider), 'x')"
            ),
            probe(
                "write as another",
                "insert into messages (conversation_id, sender_id, content) values (\(open), \(insider), 'x')"
            ),
            probe(
                "answer a hidden message",
                """
                insert into messages (conversation_id, sender_id, content, reply_to)
                values (\(open), \(outsider), 'x', \(hidden))
                """
            ),
            probe("edit another's message", "update messages set content = 'x' where id = \(message)"),
            probe("delete another's message", "delete from messages where id = \(message)"),
            probe(
                "post as another",
                "insert into statuses (author_id, text, visibility) values (\(insider), 'x', 'public')"
            ),
            probe("edit another's status", "update statuses set text = 'x' where id = \(published)"),
            probe("delete another's status", "delete from statuses where id = \(published)"),
            probe("show another's status", "insert into status_roles (status_id, role_id) values (\(published), 2)"),
            probe("hide another's status", "delete from status_roles where status_id = \(published)"),
            probe(
                "comment on a hidden status",
                "insert into status_comments (status_id, author_id, text) values (\(secret), \(outsider), 'x')"
            ),
            probe("edit another's comment", "update status_comments set text = 'x' where id = \(comment)"),
            probe("delete another's comment", "delete from status_comments where id = \(comment)"),
            probe(
                "book as another",
                """
                insert into lab_schedules (title, start_time, end_time, created_by)
                values ('x', now(), now(), \(insider))
                """
            ),
            probe("move another's booking", "update lab_schedules set title = 'x' where id = \(event)"),
            probe("delete another's booking", "delete from lab_schedules where id = \(event)"),
            probe(
                "invite to another's booking",
                "insert into schedule_participants (schedule_id, user_id) values (\(event), \(outsider))"
            ),
            probe("uninvite", "delete from schedule_participants where schedule_id = \(event) and user_id = \(third)"),
            probe(
                "give a file to another",
                "insert into files (name, content_type, owner_id) values ('x', 'text/plain', \(insider))"
            ),
            probe("rename another's file", "update files set name = 'x' where id = \(openFile)"),
            probe("delete another's file", "delete from files where id = \(openFile)"),
            probe(
                "open a thread for another",
                "insert into assistant_threads (id, user_id, title) values (\(UUID()), \(insider), 'x')"
            ),
            probe(
                "write into another's thread",
                """
                insert into assistant_turns (id, thread_id, question, answer, mode)
                values (\(UUID()), \(thread), 'q', 'a', 'none')
                """
            ),
            probe(
                "use another's key",
                """
                insert into idempotency_keys (user_id, key, request, body_hash, created_id)
                values (\(insider), 'z', 'r', ''::bytea, \(turn))
                """
            ),
        ]
        try await lab.superuser.run("insert into roles (name) values ('probe') on conflict do nothing")
    }

    /// The probes that did what they must not.
    func succeeding() async throws -> [String] {
        var names: [String] = []
        for probe in probes {
            do {
                try await lab.app.withTransaction(as: probe.asker) { transaction in
                    throw Undo(touched: try await transaction.run(probe.statement))
                }
            } catch let undo as Undo {
                if undo.touched > 0 { names.append(probe.name) }
            } catch let error as PostgresError where ["42501", "23505", "23503", "23514"].contains(error.sqlState) {
                continue
            }
        }
        return names
    }

    /// Carries a result out of a transaction that is to be rolled back.
    private struct Undo: Error {
        let touched: Int
    }
}
