import Domain
import Foundation
import Postgres
import TestSupport
import Testing

/// Short reads of many people share a connection: none may notice another.
struct SharedReadTests {
    @Test func `four hundred reads at once each see their own identity`() async throws {
        try await TestLab.with { lab in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for turn in 0..<400 {
                    group.addTask {
                        let me = Principal(user: UserID())
                        let rows = try await lab.app.read(
                            "select labsync.current_user_id() as id, \(turn)::integer as turn",
                            as: me
                        )
                        return try rows.count == 1 && rows[0].get("id") == me.user && rows[0].get("turn") == turn
                    }
                }
                for try await isOwn in group { #expect(isOwn) }
            }
        }
    }

    @Test func `one that fails leaves those beside it alone`() async throws {
        try await TestLab.with { lab in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for turn in 0..<200 {
                    group.addTask {
                        let me = Principal(user: UserID())
                        if turn % 4 == 0 {
                            let error = await #expect(throws: PostgresError.self) {
                                try await lab.app.read("select 1 / \(0)::integer", as: me)
                            }
                            #expect(error?.sqlState == "22012")
                        } else if turn % 4 == 1 {
                            let error = await #expect(throws: PostgresError.self) {
                                try await lab.app.read("select nonsense", as: me)
                            }
                            #expect(error?.sqlState == "42703")
                        } else {
                            let row = try await lab.app.read("select labsync.current_user_id() as id", as: me)[0]
                            #expect(try row.get("id") == me.user)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `one that is given up does not stop those beside it`() async throws {
        try await TestLab.with { lab in
            let me = Principal(user: UserID())
            let slow = Task { try await lab.app.read("select pg_sleep(0.3)", as: me) }
            try await Task.sleep(for: .milliseconds(50))
            slow.cancel()
            await #expect(throws: CancellationError.self) { try await slow.value }
            for _ in 0..<20 {
                let row = try await lab.app.read("select labsync.current_user_id() as id", as: me)[0]
                #expect(try row.get("id") == me.user)
            }
        }
    }

    @Test func `what takes long or the server hung up on is asked again on a connection of its own`() async throws {
        try await TestLab.with { lab in
            let me = Principal(user: UserID())
            let row = try await lab.app.read("select pg_sleep(1.5)::text, 7 as seven", as: me)[0]
            #expect(try row.get("seven") == 7)
            try await lab.superuser.run(
                """
                select pg_terminate_backend(pid) from pg_stat_activity
                where pid <> pg_backend_pid() and datname = current_database()
                """
            )
            // Its own connections are gone too; the first use may find that out.
            _ = try? await lab.app.read("select 1", as: me)
            #expect(try await lab.app.read("select 1 as one", as: me)[0].get("one") == 1)
        }
    }

    @Test func `a credential that was ended and a member who left are refused with the next request`() async throws {
        try await TestLab.with { lab in
            let user = try await lab.addUser("Me")
            let family = UUID()
            let me = Principal(user: user, credential: .init(.session, family))
            _ = try await lab.app.read("select 1", as: me)
            try await lab.superuser.run(
                """
                insert into sessions (user_id, family, refresh_hash, expires_at, revoked_at)
                values (\(user), \(family), \([UInt8](0..<32))::bytea, now(), now())
                """
            )
            let ended = await #expect(throws: PostgresError.self) { try await lab.app.read("select 1", as: me) }
            #expect(ended?.publicError?.code == .unauthenticated)
            await #expect(throws: PostgresError.self) { try await lab.app.run(["select 1"], as: me) }

            let elsewhere = Principal(user: user, credential: .init(.foreign, nil))
            _ = try await lab.app.read("select 1", as: elsewhere)
            try await lab.superuser.run("update users set deactivated_at = now() where id = \(user)")
            let left = await #expect(throws: PostgresError.self) { try await lab.app.query("select 1", as: elsewhere) }
            #expect(left?.publicError?.code == .unauthenticated)
        }
    }
}
