public import Ingest
public import Logging
public import ServiceLifecycle

/// Keeps the index in memory in step with what any process commits, by the change feed.
public struct IndexFollower: Service {
    private let connectionString: String
    private let keeper: IndexKeeper
    private let logger: Logger

    /// What the first round of `run` follows.
    private let first: ReplicationStream

    /// Connects and loads the index, so that it is complete before anybody asks.
    public init(connectionString: String, keeper: IndexKeeper, logger: Logger) async throws {
        self.connectionString = connectionString
        self.keeper = keeper
        self.logger = logger
        first = try await Self.connect(connectionString, keeper)
    }

    /// Follows until cancelled. A lost connection is made again, and the index loaded anew, since changes were missed.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var pause: Duration = .milliseconds(200)
            var next: ReplicationStream? = first
            while !Task.isCancelled {
                do {
                    let feed = if let next { next } else { try await Self.connect(connectionString, keeper) }
                    next = nil
                    pause = .milliseconds(200)
                    try await follow(feed)
                } catch is CancellationError {
                    return
                } catch {
                    logger.warning("change feed lost", metadata: ["error": "\(error)"])
                    try? await Task.sleep(for: pause)  // Cancellation ends the loop.
                    pause = min(pause * 2, .seconds(5))
                }
            }
        }
    }

    /// The slot exists before the index is loaded: what is committed later is followed.
    private static func connect(_ connectionString: String, _ keeper: IndexKeeper) async throws -> ReplicationStream {
        let feed = ReplicationStream(connectionString: connectionString, publication: "labsync_changes")
        try await feed.open()
        try await keeper.load()
        return feed
    }

    private func follow(_ feed: ReplicationStream) async throws {
        while !Task.isCancelled {
            let commit = try await feed.nextCommit()
            guard commit.changedGenerations || !commit.sources.isEmpty else { continue }
            try await keeper.waitUntilVisible(commit.transaction)
            if commit.changedGenerations {
                try await keeper.load()
            } else {
                try await keeper.refresh(commit.sources)
            }
        }
    }
}
