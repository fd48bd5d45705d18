import Foundation
import Glibc
import Logging
import Postgres
import Synchronization

/// A private PostgreSQL for all tests of a process, made by the code that makes the embedded one.
final class TestCluster: Sendable {
    static let usual = TestCluster("labsync-tests", preparing: { _ in })
    /// One that has pgvector (script/test fetches it).
    static let withVectors = TestCluster("labsync-pgvector", programs: pgvectorPrograms) {
        try await PgVectorSchema.prepare($0)
    }

    private static var pgvectorPrograms: String {
        ProcessInfo.processInfo.environment["LABSYNC_PGVECTOR"] ?? ".build/pgvector/pgserver/pginstall/bin"
    }

    private let folder: String
    private let starting: Task<EmbeddedCluster, any Error>
    private let counter = Atomic(0)

    private init(
        _ name: String,
        programs: String? = nil,
        preparing prepare: @escaping @Sendable (Database) async throws -> Void
    ) {
        let folder = "\(NSTemporaryDirectory())\(name)-\(getpid())"
        self.folder = folder
        // `exit` ends a test run: nothing else is sure to be called.
        Self.started.withLock { folders in
            if folders.isEmpty { atexit { TestCluster.stopAll() } }
            folders.append(folder)
        }
        starting = Task {
            let programs = programs.map { URL(fileURLWithPath: $0).path }
            let cluster = try await EmbeddedCluster.start(
                data: folder,
                programs: programs,
                logger: Logger(label: "tests")
            )
            let login = Self.pool(cluster.connectionString(), size: 1)
            try await Migrator(login).migrate()
            try await prepare(login)
            await login.close()
            return cluster
        }
    }

    /// A fresh database with the whole schema; its connection string.
    func makeDatabase() async throws -> String {
        let cluster = try await starting.value
        let name = "test_\(counter.wrappingAdd(1, ordering: .relaxed).newValue)"
        let admin = Self.pool(cluster.connectionString(database: "postgres"), size: 1)
        // The name is made here; identifiers cannot be bound.
        try await admin.withConnection { session in
            try await session.runScript("create database \(name) template labsync")
        }
        await admin.close()
        return cluster.connectionString(database: name)
    }

    /// All tests start at once, on machines that may be small and busy, and databases are copied one after another:
    /// what tests try is not how quick that is.
    static func pool(_ connectionString: String, role: String? = nil, size: Int) -> Database {
        var configuration = DatabaseConfiguration(
            connectionString: connectionString,
            role: role,
            maximumConnections: size
        )
        configuration.deadline = .seconds(300)
        configuration.connectTimeout = .seconds(60)
        configuration.longestWait = 300
        return Database(configuration)
    }

    private static let started = Mutex<[String]>([])

    private static func stopAll() {
        for folder in started.withLock({ $0 }) { stop(folder) }
    }

    private static func stop(_ folder: String) {
        guard let text = try? String(contentsOfFile: "\(folder)/postgres/postmaster.pid", encoding: .utf8),
            let pid = text.split(separator: "\n").first.flatMap({ pid_t($0) })
        else { return }
        kill(pid, SIGQUIT)
        for _ in 0..<100 where kill(pid, 0) == 0 { usleep(20_000) }
        try? FileManager.default.removeItem(atPath: folder)  // Best effort at the very end.
    }
}
