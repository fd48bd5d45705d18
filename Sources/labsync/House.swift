import Assistant
import Domain
import Foundation
import Ingest
import Logging
import Outbound
import Postgres
import Retrieval

/// The program wired together: database, stores, index and services. The only place that knows all rooms.
struct House: Sendable {
    let settings: Settings
    let logger: Logger
    let connectionString: String
    private let cluster: EmbeddedCluster?
    let embedders: Embedders
    let objects: any ObjectStore
    /// Pools by role: requests, batch work, sign-in.
    let app: Database
    let ingest: Database
    let identity: Database

    /// Opens the database, with migrations where it is the program's own.
    static func open(_ settings: Settings) async throws -> House {
        let logger = Self.logger(settings)
        guard let address = settings.databaseURL else {
            let cluster = try await EmbeddedCluster.start(data: settings.data, logger: logger)
            let house = try House(
                settings: settings,
                logger: logger,
                connectionString: cluster.connectionString(),
                cluster: cluster
            )
            do {
                try await house.migrate()
            } catch {
                await house.close()
                throw error
            }
            return house
        }
        let house = try House(settings: settings, logger: logger, connectionString: address, cluster: nil)
        do {
            try await house.requireMigrated()
        } catch {
            await house.close()
            throw error
        }
        return house
    }

    /// Opens it without looking at its schema.
    static func openUnmigrated(_ settings: Settings) async throws -> House {
        let logger = Self.logger(settings)
        if let address = settings.databaseURL {
            return try House(settings: settings, logger: logger, connectionString: address, cluster: nil)
        }
        let cluster = try await EmbeddedCluster.start(data: settings.data, logger: logger)
        return try House(
            settings: settings,
            logger: logger,
            connectionString: cluster.connectionString(),
            cluster: cluster
        )
    }

    /// Opens, lends, and closes however the work ends.
    static func with<Result: Sendable>(
        _ settings: Settings,
        _ body: (House) async throws -> Result
    ) async throws -> Result {
        let house = try await open(settings)
        do {
            let result = try await house.attended(body)
            await house.close()
            return result
        } catch {
            await house.close()
            throw error
        }
    }

    /// Keeps the embedded database running meanwhile.
    private func attended<Result: Sendable>(_ body: (House) async throws -> Result) async throws -> Result {
        async let _ = cluster?.keepRunning()
        return try await body(self)
    }

    private init(settings: Settings, logger: Logger, connectionString: String, cluster: EmbeddedCluster?) throws {
        objects = try Self.objects(settings, logger)
        self.settings = settings
        self.logger = logger
        self.connectionString = connectionString
        self.cluster = cluster
        embedders = Embedders(settings, patience: .work)
        func pool(_ role: String, _ size: Int) -> Database {
            Database(DatabaseConfiguration(connectionString: connectionString, role: role, maximumConnections: size))
        }
        app = pool("labsync_app", 12)
        ingest = pool("labsync_ingest", 6)
        identity = pool("labsync_identity", 4)
    }

    /// Files in the data folder.
    static func localObjects(_ settings: Settings) throws -> LocalObjectStore {
        try LocalObjectStore(
            folder: "\(settings.data)/objects",
            ring: KeyRing(path: "\(settings.data)/keys/objects.json"),
            isSealing: settings.encryptsFiles
        )
    }

    private static func objects(_ settings: Settings, _ logger: Logger) throws -> any ObjectStore {
        let store = try unscannedObjects(settings)
        return settings.clamd.map { ScannedObjectStore(store, scanner: Clamd($0), logger: logger) } ?? store
    }

    private static func unscannedObjects(_ settings: Settings) throws -> any ObjectStore {
        guard let set = settings.objectBucket else {
            return try localObjects(settings)
        }
        let bucket = S3Bucket(
            endpoint: set.endpoint,
            name: set.name,
            prefix: set.prefix,
            region: set.region,
            accessKey: set.accessKey,
            secretKey: set.secretKey,
            client: HTTPClient()
        )
        guard let bucket else {
            throw Failure("LABSYNC_S3_ENDPOINT must be an address such as https://s3.example.org.")
        }
        return S3ObjectStore(bucket, isDirect: set.isDirect)
    }

    func close() async {
        await app.close()
        await ingest.close()
        await identity.close()
        do {
            try await cluster?.stop()
        } catch {
            logger.warning("embedded database did not stop", metadata: ["error": "\(error)"])
        }
    }

    @discardableResult
    func migrate() async throws -> [String] {
        let login = Database(DatabaseConfiguration(connectionString: connectionString, maximumConnections: 1))
        do {
            let applied = try await Migrator(login).migrate()
            if settings.index == .pgvector { try await PgVectorSchema.prepare(login) }
            await login.close()
            return applied
        } catch {
            await login.close()
            throw error
        }
    }

    func migrationStatus() async throws -> Migrator.Status {
        let login = Database(DatabaseConfiguration(connectionString: connectionString, maximumConnections: 1))
        do {
            let status = try await Migrator(login).status()
            await login.close()
            return status
        } catch {
            await login.close()
            throw error
        }
    }

    private func requireMigrated() async throws {
        let pending = try await migrationStatus().pending
        guard pending.isEmpty else {
            throw Failure(
                "The database of DATABASE_URL lacks \(pending.count) migrations. Run `labsync migrate` first."
            )
        }
        if settings.index == .pgvector { try await PgVectorSchema.require(app) }
    }

    private static func logger(_ settings: Settings) -> Logger {
        var logger = Logger(label: "labsync") { LogLines(label: $0) }
        logger.logLevel = settings.logLevel
        return logger
    }
}
