import Domain
import Foundation
import Postgres
import TestSupport
import Testing

struct SchemaTests {
    /// The customer's columns: name, type, whether they may be null, and what stands when nothing is given.
    private static let given: [String: [String]] = [
        "users": [
            "id uuid NO -", "email text NO -", "full_name text YES -", "avatar_url text YES -",
            "created_at timestamp with time zone YES now()",
        ],
        "roles": ["id integer NO nextval('roles_id_seq'::regclass)", "name text NO -"],
        "user_roles": ["user_id uuid NO -", "role_id integer NO -"],
        "conversations": [
            "id uuid NO gen_random_uuid()", "name text YES -", "is_group boolean YES false",
            "created_at timestamp with time zone YES now()",
        ],
        "messages": [
            "id uuid NO gen_random_uuid()", "conversation_id uuid YES -", "sender_id uuid YES -",
            "content text YES -", "media_url text YES -", "created_at timestamp with time zone YES now()",
        ],
        "statuses": [
            "id uuid NO gen_random_uuid()", "author_id uuid YES -", "text text YES -", "media_url text YES -",
            "visibility text YES -", "created_at timestamp with time zone YES now()",
        ],
        "status_comments": [
            "id uuid NO gen_random_uuid()", "status_id uuid YES -", "author_id uuid YES -", "text text YES -",
            "created_at timestamp with time zone YES now()",
        ],
        "lab_schedules": [
            "id uuid NO gen_random_uuid()", "title text YES -", "description text YES -",
            "start_time timestamp with time zone YES -", "end_time timestamp with time zone YES -",
            "created_by uuid YES -",
        ],
    ]

    @Test func `the customer's eight tables are as they were given`() async throws {
        try await TestLab.with { lab in
            for (table, columns) in Self.given {
                let found = try await lab.superuser.query(
                    """
                    select column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '-')
                        as column
                    from information_schema.columns
                    where table_schema = 'public' and table_name = \(table) order by ordinal_position
                    """
                ).map { try $0.get("column", as: String.self) }
                #expect(Array(found.prefix(columns.count)) == columns, "\(table)")
            }
        }
    }

    @Test func `an unknown visibility is refused by the table`() async throws {
        try await TestLab.with { lab in
            let error = await #expect(throws: PostgresError.self) {
                try await lab.superuser.run("insert into statuses (visibility) values ('secret')")
            }
            #expect(error?.sqlState == "23514")
        }
    }

    @Test func `migrations are numbered without gaps in their order and run once`() async throws {
        try await TestLab.with { lab in
            let migrator = try Migrator(lab.superuser)
            let status = try await migrator.status()
            let numbers = status.applied.compactMap { Int($0.prefix(4)) }

            #expect(status.pending.isEmpty)
            #expect(numbers == numbers.sorted())
            #expect(Set(numbers).count == numbers.count)
            #expect(try await migrator.migrate().isEmpty)
        }
    }

    @Test func `a migration that was changed after it ran is noticed`() async throws {
        try await TestLab.with { lab in
            try await lab.superuser.run("update labsync.migrations set checksum = 'x' where name like '0005%'")

            await #expect(throws: (any Error).self) { try await Migrator(lab.superuser).status() }
        }
    }

    @Test func `the policies of a new database are sound`() async throws {
        try await TestLab.with { lab in
            let violations = try await RLSLint.violations(lab.app)
            #expect(violations.isEmpty)
        }
    }

    @Test(arguments: [
        "alter table messages no force row level security",
        "alter table files disable row level security",
        "create table leak (x text)",
        "create view peek as select * from messages",
        "create function labsync.trick() returns int language sql security definer as 'select 1'",
    ])
    func `a way around the policies stops the server`(change: String) async throws {
        try await TestLab.with { lab in
            try await lab.superuser.withConnection { try await $0.runScript(change) }

            #expect(try await !RLSLint.violations(lab.app).isEmpty)
        }
    }

    @Test func `a pool that logs in as the superuser is told so`() async throws {
        try await TestLab.with { lab in
            let violations = try await RLSLint.violations(lab.superuser)
            #expect(!violations.isEmpty)
        }
    }
}
