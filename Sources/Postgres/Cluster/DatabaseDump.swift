import Foundation
import Subprocess
import SystemPackage

/// Writes a database to a file and makes one from it, by PostgreSQL's own `pg_dump` and `pg_restore`.
public struct DatabaseDump: Sendable {
    private let programs: PostgresPrograms
    private let connectionString: String

    public init(connectionString: String) throws {
        programs = try PostgresPrograms.find()
        self.connectionString = connectionString
    }

    /// One consistent state, in the custom format.
    public func write(to file: String) async throws {
        try await run("pg_dump", ["--format=custom", "--file=\(file)"])
    }

    /// Into a database without tables: all of it or nothing.
    public func restore(from file: String) async throws {
        try await withLogin { login in
            let tables = try await login.query("select from pg_tables where schemaname in ('public', 'labsync')")
            guard tables.isEmpty else { throw ClusterError("The database is not empty: restore into a new one.") }
            try await login.withConnection { try await $0.runScript(Self.roles) }
        }
        try await run("pg_restore", ["--exit-on-error", "--single-transaction", file])
        // A dump has no statistics: searches would be slow until the server gathers some by itself.
        try await withLogin { login in
            try await login.withConnection { session in
                try await session.withLongTransaction { try await session.runScript("analyze") }
            }
        }
    }

    private func withLogin(_ body: (Database) async throws -> Void) async throws {
        let login = Database(DatabaseConfiguration(connectionString: connectionString, maximumConnections: 1))
        do {
            try await body(login)
        } catch {
            await login.close()
            throw error
        }
        await login.close()
    }

    private func run(_ program: String, _ arguments: [String]) async throws {
        let connection = ConnectionParts(connectionString)
        let environment = Environment.inherit
        let result = try await Subprocess.run(
            .path(FilePath(programs.path(program))),
            arguments: Arguments(["--dbname=\(connection.withoutPassword)"] + arguments),
            environment: connection.password.map { environment.updating(["PGPASSWORD": $0]) } ?? environment,
            output: .discarded,
            error: .string(limit: 1 << 20)
        )
        guard result.terminationStatus.isSuccess else {
            throw ClusterError("\(program) failed: \(result.standardError)")
        }
    }

    /// Roles belong to the server, not to the database, and so are in no dump. As in 0001_roles.sql.
    private static let roles = """
        do $$
        declare
            name text;
        begin
            foreach name in array array['labsync_owner', 'labsync_app', 'labsync_ingest', 'labsync_identity'] loop
                if not exists (select from pg_roles where rolname = name) then
                    execute format('create role %I nologin noinherit nosuperuser nobypassrls', name);
                end if;
                if not pg_has_role(current_user, name, 'member') then
                    execute format('grant %I to current_user', name);
                end if;
            end loop;
            execute format('grant create, connect on database %I to labsync_owner', current_database());
        end
        $$
        """
}
