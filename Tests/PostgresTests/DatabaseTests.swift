import Domain
import Foundation
import Postgres
import TestSupport
import Testing

struct DatabaseTests {
    @Test func `values come back as they were bound`() async throws {
        try await TestLab.with { lab in
            let moment = Date(timeIntervalSince1970: 1_800_000_000.123456)
            let id = UUID()
            let odd = "it's \"quoted\", \\ and 漢字 🧪\nnew line; drop table users --"
            let row = try await lab.superuser.query(
                """
                select \(odd)::text as text, \(42)::bigint as number, \(true)::boolean as flag, \(id)::uuid as id,
                    \(moment)::timestamptz as moment, \(["a,b", "c\"d", ""])::text[] as list,
                    \([UInt8](0...255))::bytea as bytes, \(nil as String?)::text as nothing
                """
            )[0]

            #expect(try row.get("text") == odd)
            #expect(try row.get("number") == 42)
            #expect(try row.get("flag") == true)
            #expect(try row.get("id") == id)
            let returned: Date = try row.get("moment")
            #expect(abs(returned.timeIntervalSince(moment)) < 1e-5)
            #expect(try row.get("list") == ["a,b", "c\"d", ""])
            #expect(try row.get("bytes") == [UInt8](0...255))
            #expect(try row.get("nothing", as: String?.self) == nil)
        }
    }

    @Test func `forty transactions at once each keep their own identity`() async throws {
        try await TestLab.with { lab in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<40 {
                    group.addTask {
                        let me = Principal(user: UserID())
                        return try await lab.app.withTransaction(as: me) { transaction in
                            for _ in 0..<5 {
                                let row = try await transaction.query("select labsync.current_user_id() as id")[0]
                                guard try row.get("id") == me.user else { return false }
                                await Task.yield()
                            }
                            return true
                        }
                    }
                }
                for try await kept in group { #expect(kept) }
            }
        }
    }

    @Test func `an identity ends with its statement`() async throws {
        try await TestLab.with { lab in
            let me = Principal(user: UserID())
            let during = try await lab.app.query("select labsync.current_user_id() as id", as: me)
            let after = try await lab.app.query("select labsync.current_user_id() as id")

            #expect(try during[0].get("id") == me.user)
            #expect(try after[0].get("id", as: UserID?.self) == nil)
        }
    }

    @Test func `of several statements in one round trip all or none take effect`() async throws {
        try await TestLab.with { lab in
            let me = Principal(user: try await lab.addUser("Me"))
            await #expect(throws: PostgresError.self) {
                try await lab.app.run(
                    [
                        "insert into statuses (author_id, text, visibility) values (\(me.user), 'first', 'public')",
                        "insert into statuses (author_id, text, visibility) values (\(me.user), 'second', 'nonsense')",
                    ],
                    as: me
                )
            }

            #expect(try await lab.app.query("select from statuses", as: me).isEmpty)
        }
    }

    @Test func `a transaction that throws leaves nothing`() async throws {
        struct Stop: Error {}
        try await TestLab.with { lab in
            await #expect(throws: Stop.self) {
                try await lab.superuser.withTransaction { transaction in
                    try await transaction.run("insert into roles (name) values ('ghost')")
                    throw Stop()
                }
            }

            let ghosts = try await lab.superuser.query("select from roles where name = 'ghost'")
            #expect(ghosts.isEmpty)
        }
    }

    @Test func `an error carries its SQL state and the connection goes on`() async throws {
        try await TestLab.with { lab in
            let error = await #expect(throws: PostgresError.self) { try await lab.superuser.query("select 1 / 0") }

            #expect(error?.sqlState == "22012")
            let rows = try await lab.superuser.query("select 1 as one")
            #expect(try rows[0].get("one") == 1)
        }
    }

    @Test func `a NUL in a text is refused before it is sent`() async throws {
        try await TestLab.with { lab in
            let error = await #expect(throws: PostgresError.self) {
                try await lab.superuser.query("select \("a\0b")::text")
            }

            #expect(error?.publicError?.code == .invalid)
        }
    }

    @Test func `a cancelled task cancels its statement`() async throws {
        try await TestLab.with { lab in
            let start = ContinuousClock.now
            let task = Task { try await lab.superuser.query("select pg_sleep(30)") }
            try await Task.sleep(for: .milliseconds(200))
            task.cancel()
            _ = await task.result

            #expect(ContinuousClock.now - start < .seconds(5))
            let rows = try await lab.superuser.query("select 1 as one")
            #expect(try rows[0].get("one") == 1)
        }
    }

    @Test func `a cancelled task cancels its script, and nothing of its transaction remains`() async throws {
        try await TestLab.with { lab in
            let start = ContinuousClock.now
            let task = Task {
                try await lab.superuser.withConnection { session in
                    try await session.runScript("begin; insert into roles (name) values ('ghost'); select pg_sleep(30)")
                }
            }
            try await Task.sleep(for: .milliseconds(200))
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }

            #expect(ContinuousClock.now - start < .seconds(5))
            // The server is told by a thread of its own.
            for _ in 0..<100 {
                let sleepers = try await lab.superuser.query(
                    "select from pg_stat_activity where query like '%ghost%' and pid <> pg_backend_pid()"
                )
                if sleepers.isEmpty { break }
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(try await lab.superuser.query("select from roles where name = 'ghost'").isEmpty)
            #expect(
                try await lab.superuser.query(
                    "select from pg_stat_activity where query like '%pg_sleep(30)%' and pid <> pg_backend_pid()"
                ).isEmpty
            )
        }
    }

    @Test func `a transaction that cannot begin costs no connection`() async throws {
        try await TestLab.with { lab in
            let configuration = DatabaseConfiguration(
                connectionString: lab.connectionString,
                role: "labsync_app",
                maximumConnections: 1
            )
            let database = Database(configuration)
            let before = try await database.query("select pg_backend_pid() as pid")[0].get("pid", as: Int.self)
            let ended = Principal(user: UserID(), credential: .init(.session, UUID()))
            await #expect(throws: PostgresError.self) { try await database.withTransaction(as: ended) { _ in } }
            let after = try await database.query("select pg_backend_pid() as pid")[0].get("pid", as: Int.self)
            await database.close()

            #expect(before == after)
        }
    }

    @Test func `connections that the server closed are made again`() async throws {
        try await TestLab.with { lab in
            _ = try await lab.app.query("select 1")
            try await lab.superuser.run(
                """
                select pg_terminate_backend(pid) from pg_stat_activity
                where pid <> pg_backend_pid() and datname = current_database()
                """
            )
            // The first use may find the connection gone; the next one has a new one.
            _ = try? await lab.app.query("select 1")

            #expect(try await lab.app.query("select 1 as one")[0].get("one") == 1)
        }
    }

    @Test func `a statement that takes too long ends at its deadline`() async throws {
        try await TestLab.with { lab in
            var configuration = DatabaseConfiguration(connectionString: lab.connectionString, maximumConnections: 1)
            configuration.deadline = .milliseconds(300)
            let database = Database(configuration)
            let start = ContinuousClock.now
            await #expect(throws: PostgresError.self) { try await database.query("select pg_sleep(20)") }

            #expect(ContinuousClock.now - start < .seconds(5))
            await database.close()
        }
    }
}
