import Foundation
import Glibc
import Logging
import Postgres
import Synchronization

/// One private PostgreSQL for all tests of a process, made by the code that makes the embedded one.
enum TestCluster {
    private static let folder = "\(NSTemporaryDirectory())labsync-tests-\(getpid())"
    private static let starting = Task {
        // `exit` ends a test run: nothing else is sure to be called.
        atexit { TestCluster.stop() }
        let cluster = try await EmbeddedCluster.start(data: folder, logger: Logger(label: "tests"))
        let login = pool(cluster.connectionString(), size: 1)
        try await Migrator(login).migrate()
        await login.close()
        return cluster
    }
    private static let counter = Atomic(0)

    /// A fresh database with the whole schema; its connection string.
    static func makeDatabase() async throws -> String {
        let cluster = try await starting.value
        let name = "test_\(counter.wrappingAdd(1, ordering: .relaxed).newValue)"
        let admin = pool(cluster.connectionString(database: "postgres"), size: 1)
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

    private static func stop() {
        guard let text = try? String(contentsOfFile: "\(folder)/postgres/postmaster.pid", encoding: .utf8),
            let pid = text.split(separator: "\n").first.flatMap({ pid_t($0) })
        else { return }
        kill(pid, SIGQUIT)
        for _ in 0..<100 where kill(pid, 0) == 0 { usleep(20_000) }
        try? FileManager.default.removeItem(atPath: folder)  // Best effort at the very end.
    }
}
