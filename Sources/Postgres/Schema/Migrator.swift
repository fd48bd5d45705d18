import Crypto
import Foundation

/// Brings a database to the schema of this version: numbered SQL files, each once, in order, each in a transaction.
public struct Migrator: Sendable {
    public struct Migration: Sendable, Equatable {
        public let name: String
        package let sql: String

        /// Lower-case hexadecimal SHA-256.
        package var checksum: String {
            SHA256.hash(data: Data(sql.utf8)).map { String(format: "%02x", $0) }.joined()
        }
    }

    public struct Status: Sendable {
        public let applied: [String]
        public let pending: [String]
    }

    /// Everything after the first runs as the owner; the first one makes the owner.
    private static let first = "0001_roles"
    /// Any number, as long as everyone who migrates takes the same.
    private static let lock: Int64 = 0x6c61_6273_796e_6301

    private let database: Database
    package let migrations: [Migration]

    /// `database` is a pool of the login role.
    public init(_ database: Database) throws {
        self.database = database
        migrations = try Self.load()
    }

    public func status() async throws -> Status {
        let applied = try await database.withConnection { session in try await Self.applied(session) }
        try check(applied)
        return Status(
            applied: migrations.map(\.name).filter { applied[$0] != nil },
            pending: migrations.map(\.name).filter { applied[$0] == nil }
        )
    }

    /// Applies what is pending and names it. Safe to repeat, to kill, and to run from several places at once.
    @discardableResult
    public func migrate() async throws -> [String] {
        try await database.withConnection { session in
            // Asked again and again: another's migration may take longer than a statement may wait.
            while try await !session.query("select pg_try_advisory_lock(\(Self.lock)::bigint) as taken")[0].get("taken")
            {
                try await Task.sleep(for: .milliseconds(100))
            }
            let applied = try await Self.applied(session)
            try check(applied)
            let pending = migrations.filter { applied[$0.name] == nil }
            for migration in pending { try await apply(migration, session) }
            _ = try await session.query("select pg_advisory_unlock(\(Self.lock)::bigint)")
            return pending.map(\.name)
        }
    }

    private func apply(_ migration: Migration, _ session: Session) async throws {
        let role = migration.name == Self.first ? "" : "set local role labsync_owner;"
        do {
            try await session.withLongTransaction {
                try await session.runScript(
                    """
                    \(role)
                    \(migration.sql)
                    ;
                    set local role labsync_owner;
                    insert into labsync.migrations (name, checksum)
                        values ('\(migration.name)', '\(migration.checksum)')
                    """
                )
            }
        } catch {
            throw MigrationError("Migration \(migration.name) failed, and nothing of it remains: \(error)")
        }
    }

    private func check(_ applied: [String: String]) throws {
        for migration in migrations {
            guard let checksum = applied[migration.name], checksum != migration.checksum else { continue }
            throw MigrationError(
                "Migration \(migration.name) was changed after it had been applied to this database."
                    + " Put the file back as it was; a change of the schema is a new migration."
            )
        }
        let known = Set(migrations.map(\.name))
        if let newer = applied.keys.filter({ !known.contains($0) }).min() {
            throw MigrationError("This database has migration \(newer), which this version of Labsync does not know.")
        }
    }

    private static func applied(_ session: Session) async throws -> [String: String] {
        guard
            try await session.query("select to_regclass('labsync.migrations')::text as found")[0].get("found")
                != String?.none
        else { return [:] }
        let rows = try await session.query("select name, checksum from labsync.migrations")
        return Dictionary(uniqueKeysWithValues: try rows.map { (try $0.get("name"), try $0.get("checksum")) })
    }

    private static func load() throws -> [Migration] {
        guard let folder = Bundle.module.url(forResource: "Migrations", withExtension: nil) else {
            throw MigrationError("The program's migrations are missing; build it again.")
        }
        return try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".sql") }
            .sorted()
            .map { file in
                let sql = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
                return Migration(name: String(file.dropLast(4)), sql: sql)
            }
    }
}

/// Why the schema cannot be brought up to date, as a sentence for whoever runs Labsync.
public struct MigrationError: Error, CustomStringConvertible, Sendable {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
