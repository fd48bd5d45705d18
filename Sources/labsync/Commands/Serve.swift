import ArgumentParser
import Assistant
import Domain
import Foundation
import Ingest
import Logging
import Outbound
import Postgres
import Retrieval
import Server
import ServiceLifecycle
import UnixSignals

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer HTTP requests until stopped.",
        discussion: SettingsHelp.text
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "The port; 0 takes any free one (LABSYNC_PORT, else 8080).")
    var port: Int?
    @Option(help: "The address to listen on (LABSYNC_HOST, else 127.0.0.1).")
    var host: String?
    @Option(help: "Index workers in this process (LABSYNC_WORKERS, else 1).")
    var workers: Int?

    func run() async throws {
        let settings = try await Settings.load(data: common.data, host: host, port: port, workers: workers)
        let lock = try ServeLock(settings)
        try await House.with(settings) { house in
            try await house.requireSoundPolicies()
            try await house.serve()
        }
        withExtendedLifetime(lock) {}
    }
}

/// One server a data folder: two would each think the keys and files theirs alone.
private struct ServeLock {
    private let lock: FolderLock

    init(_ settings: Settings) throws {
        try FileManager.default.createDirectory(atPath: settings.data, withIntermediateDirectories: true)
        let path = "\(settings.data)/serve.lock"
        guard let lock = try FolderLock(path: path, mode: .exclusive) else {
            let holder = (try? String(contentsOfFile: path, encoding: .utf8)) ?? "unknown"
            throw Failure(
                "Another `labsync serve` (process \(holder)) uses the data folder \(settings.data)."
                    + " Stop it, or choose another folder with --data."
            )
        }
        lock.write("\(ProcessInfo.processInfo.processIdentifier)")
        self.lock = lock
    }
}

extension House {
    /// Loads the index, then serves and works until SIGTERM or SIGINT.
    fileprivate func serve() async throws {
        let serving = try emptyIndex()
        let keeper = keeper(serving)
        let progress = FeedProgress()
        let realtime = RealtimeHub(limits: settings.realtime)
        let feed = try await ChangeFeed(
            connectionString: connectionString,
            database: ingest,
            keeper: keeper,
            listener: realtime,
            progress: progress,
            logger: logger
        )
        let search = search(serving)
        let identity = try await signIn()
        try await identity.accounts.forgetRevoked()
        let chatbot = try chatbot(search)
        let roomAssistant = RoomAssistant(
            chatbot: chatbot,
            voice: AssistantVoice(app),
            timeZone: settings.timeZone,
            logger: logger
        )
        let server = LabsyncServer.application(
            .init(
                search: search,
                chatbot: chatbot,
                doors: .init(
                    embedder: ServingEmbedder(serving),
                    calendar: CalendarRecords(app),
                    roomAssistant: roomAssistant
                ),
                workspace: workspace(),
                files: try files(),
                issuer: identity.accounts.issuer,
                verifier: identity.verifier,
                accounts: identity.accounts,
                clerkWebhookSecret: settings.clerkWebhookSecret,
                realtime: realtime,
                gauges: { [ingest] in
                    await Self.gauges(serving, ingest).merging(progress.gauges) { $1 }.merging(realtime.gauges) { $1 }
                },
                checkReadiness: { [app] in _ = try await app.query("select 1") },
                publicError: { [logger] in Self.publicError($0, logger) }
            ),
            host: settings.host,
            port: settings.port,
            policy: .init(
                allowedOrigins: settings.allowedOrigins,
                requestsPerMinute: settings.requestsPerMinute,
                proxies: settings.trustedProxies
            ),
            logger: logger,
            onReady: { [host = settings.host] port in
                print("Labsync answers at http://\(host):\(port)")
                fflush(nil)
            }
        )
        var services: [any Service] = [feed, realtime, RoomAssistantService(assistant: roomAssistant)]
        for _ in 0..<settings.workers {
            services.append(WorkerService(worker: try worker(.serving)))
        }
        services.append(SweeperService(sweeper: sweeper(), logger: logger))
        services.append(server)
        try await ServiceGroup(
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        ).run()
    }
}

extension House {
    fileprivate static func publicError(_ error: any Error, _ logger: Logger) -> PublicError? {
        guard let error = error as? OutboundError else { return (error as? PostgresError)?.publicError }
        if error.publicError != nil { logger.warning("a service does not answer", metadata: ["error": "\(error)"]) }
        return error.publicError
    }

    /// What `/metrics` tells of index and jobs; without the latter while the database does not answer.
    fileprivate static func gauges(_ serving: ServingIndex, _ database: Database) async -> [String: Double] {
        let now = serving.current
        let size = now.index.statistics
        var gauges = [
            "labsync_index_generation": Double(now.generation ?? 0),
            "labsync_index_passages": Double(size.passages),
            "labsync_index_partitions": Double(size.partitions),
            "labsync_index_bytes": Double(size.bytes),
        ]
        if let jobs = try? await JobGauges.read(database) { gauges.merge(jobs) { $1 } }
        return gauges
    }
}

struct WorkerService: Service {
    let worker: IndexWorker

    func run() async throws {
        try await cancelWhenGracefulShutdown { try await worker.run() }
    }
}

private struct RoomAssistantService: Service {
    let assistant: RoomAssistant

    func run() async throws {
        await cancelWhenGracefulShutdown { await assistant.run() }
    }
}
