import Foundation
import Glibc
public import Logging

/// A private PostgreSQL in the data folder, reached through a unix socket that nobody else can open.
///
/// Processes that use the same folder share it: the last one to leave stops it. One that is killed leaves it running,
/// to be found again by the next.
public struct EmbeddedCluster: Sendable {
    /// `sockaddr_un` holds no more.
    private static let longestSocketPath = 107
    private static let superuser = "labsync"
    /// Between looks at whether the server still runs, and the longest between attempts to start it.
    private static let watchInterval: Duration = .seconds(1)
    private static let longestPause: Duration = .seconds(8)

    private let data: String
    private let programs: PostgresPrograms
    private let cluster: String
    private let socketFolder: String
    private let logFile: String
    private let use: FolderLock
    private let logger: Logger

    /// Makes the cluster if there is none, starts it if it does not run, and makes its database.
    ///
    /// - Throws: `ClusterError`, in words for whoever runs Labsync.
    public static func start(data: String, programs preferred: String? = nil, logger: Logger) async throws
        -> EmbeddedCluster
    {
        let data = URL(fileURLWithPath: data).standardizedFileURL.path
        let account = try ServerAccount.current()
        do {
            try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        } catch {
            throw ClusterError("Cannot make the data folder \(data): \(error.localizedDescription)")
        }
        // One at a time: two processes that start together must not both make or start it.
        let starting = try await FolderLock.acquire(path: "\(data)/start.lock", mode: .exclusive, within: .seconds(90))
        defer { withExtendedLifetime(starting) {} }
        let use = try await FolderLock.acquire(path: "\(data)/cluster.lock", mode: .shared, within: .seconds(30))

        let folder = "\(data)/postgres"
        let programs = try PostgresPrograms.find(preferred: preferred, major: try major(of: folder))
        let cluster = EmbeddedCluster(
            data: data,
            programs: programs,
            cluster: folder,
            socketFolder: try socketFolder(data, account),
            logFile: "\(data)/postgres.log",
            use: use,
            logger: logger
        )
        if try major(of: folder) == nil { try await cluster.initialise(account) }
        try await cluster.startServer(account)
        try await cluster.createDatabase()
        return cluster
    }

    /// A libpq connection string.
    public func connectionString(database: String = "labsync") -> String {
        let quoted = socketFolder.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(
            of: "'",
            with: "\\'"
        )
        return "host='\(quoted)' user=\(Self.superuser) dbname=\(database)"
    }

    /// Stops the server, unless other processes still use it.
    public func stop() async throws {
        guard use.becomeExclusive() else { return }
        let account = try ServerAccount.current()
        let (succeeded, output) = try await account.run(
            programs.path("pg_ctl"),
            ["stop", "-D", cluster, "-m", "fast", "-w", "-t", "60"]
        )
        if !succeeded { logger.warning("embedded database did not stop", metadata: ["output": "\(output)"]) }
    }

    /// Starts the server again whenever it has ended by itself, as it does when its disk is full or the system takes its
    /// memory; until cancelled.
    public func keepRunning() async {
        var pause = Self.watchInterval
        while (try? await Task.sleep(for: pause)) != nil {
            guard !isRunning else {
                pause = Self.watchInterval
                continue
            }
            logger.error("the embedded database has ended; starting it again", metadata: ["log": "\(logFile)"])
            do {
                let starting = try await FolderLock.acquire(
                    path: "\(data)/start.lock",
                    mode: .exclusive,
                    within: .seconds(90)
                )
                defer { withExtendedLifetime(starting) {} }
                try await startServer(try ServerAccount.current())
            } catch {
                logger.error("the embedded database does not start", metadata: ["error": "\(error)"])
                pause = min(pause * 2, Self.longestPause)
            }
        }
    }

    /// Cheap enough to ask often: looks whether the process that the cluster names is there.
    private var isRunning: Bool {
        guard let text = try? String(contentsOfFile: "\(cluster)/postmaster.pid", encoding: .utf8),
            let process = text.split(separator: "\n").first.flatMap({ pid_t($0) })
        else { return false }
        return kill(process, 0) == 0 || errno == EPERM
    }

    // MARK: Starting

    private static func major(of folder: String) throws -> Int? {
        guard let text = try? String(contentsOfFile: "\(folder)/PG_VERSION", encoding: .utf8) else {
            // Absent is a new cluster; a folder with something else in it is not ours to overwrite.
            let contents = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            guard contents.isEmpty else { throw ClusterError("\(folder) exists but is no PostgreSQL cluster.") }
            return nil
        }
        guard let major = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw ClusterError("\(folder)/PG_VERSION cannot be read as a version of PostgreSQL.")
        }
        return major
    }

    private static func socketFolder(_ data: String, _ account: ServerAccount) throws -> String {
        var folder = "\(data)/run"
        if "\(folder)/.s.PGSQL.5432".utf8.count > longestSocketPath {
            // FNV-1a of the long path: stable between starts, as Swift's own hashes are not.
            let hash = data.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
            folder = "/tmp/labsync-\(account.user)-\(String(hash, radix: 36))"
        }
        try account.makeFolder(folder)
        return folder
    }

    /// In a folder beside, moved into place when complete, so that a kill leaves no half a cluster.
    private func initialise(_ account: ServerAccount) async throws {
        let unfinished = "\(cluster).unfinished"
        try? FileManager.default.removeItem(atPath: unfinished)  // Left by a kill; there may be none.
        try account.makeFolder(unfinished)
        logger.info("making the embedded database", metadata: ["folder": "\(cluster)"])
        let (succeeded, output) = try await account.run(
            programs.path("initdb"),
            [
                "-D", unfinished, "-U", Self.superuser, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                "--data-checksums", "--no-instructions",
            ]
        )
        guard succeeded else {
            throw ClusterError("Cannot make a database in \(cluster) as user \(account.name): \(output)")
        }
        try? FileManager.default.removeItem(atPath: cluster)  // Empty, or `major(of:)` had refused it.
        guard rename(unfinished, cluster) == 0 else { throw ClusterError("Cannot move \(unfinished) to \(cluster).") }
    }

    private func startServer(_ account: ServerAccount) async throws {
        let (isRunning, _) = try await account.run(programs.path("pg_ctl"), ["status", "-D", cluster])
        if isRunning { return }
        if !FileManager.default.fileExists(atPath: logFile) {
            _ = FileManager.default.createFile(atPath: logFile, contents: nil)
        }
        if account.isOther { chown(logFile, account.user, account.group) }
        let settings = [
            "listen_addresses=", "unix_socket_directories=\(socketFolder)", "unix_socket_permissions=0700",
            "wal_level=logical", "max_wal_senders=16", "max_replication_slots=16", "max_slot_wal_keep_size=2GB",
            "max_connections=200", "shared_buffers=128MB", "jit=off", "logging_collector=off",
        ]
        let options = settings.map { "-c \($0.replacingOccurrences(of: " ", with: "\\ "))" }.joined(separator: " ")
        let (succeeded, output) = try await account.run(
            programs.path("pg_ctl"),
            ["start", "-D", cluster, "-l", logFile, "-w", "-t", "120", "-o", options]
        )
        guard succeeded else {
            let log = (try? String(contentsOfFile: logFile, encoding: .utf8)) ?? ""
            let tail = log.split(separator: "\n").suffix(5).joined(separator: "\n")
            throw ClusterError("The embedded database did not start: \(output)\n\(tail)")
        }
    }

    private func createDatabase() async throws {
        let database = Database(DatabaseConfiguration(connectionString: connectionString(database: "postgres")))
        do {
            let known = try await database.query(
                "select from pg_database where datname = 'labsync'"
            )
            if known.isEmpty { try await database.run("create database labsync") }
        } catch {
            await database.close()
            throw ClusterError("The embedded database does not answer: \(error)")
        }
        await database.close()
    }
}
