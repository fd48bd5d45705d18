public import Assistant
public import Ingest
public import Logging
public import ServiceLifecycle
import Synchronization

/// Follows what any process commits, through one replication slot a server, and tells the index and the listener.
public struct ChangeFeed: Service {
    private let connectionString: String
    private let database: Database
    private let index: IndexFollower
    private let listener: (any CommitListener)?
    private let logger: Logger
    private let progress: FeedProgress

    /// What the first round of `run` follows, and nobody keeps afterwards: a stream's connection and slot end with it.
    private let first: Taken<ReplicationStream>

    /// Connects, and loads the index and the audience, so that both are complete before anybody asks.
    ///
    /// - Parameter database: as `labsync_ingest`, which sees everything that decides about audiences.
    public init(
        connectionString: String,
        database: Database,
        keeper: IndexKeeper,
        listener: (any CommitListener)?,
        progress: FeedProgress = FeedProgress(),
        logger: Logger
    ) async throws {
        self.connectionString = connectionString
        self.database = database
        self.listener = listener
        self.progress = progress
        self.logger = logger
        index = IndexFollower(keeper: keeper, progress: progress, logger: logger)
        first = Taken(try await Self.connect(connectionString, database, index, listener, progress))
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await keepFollowing() }
                // It ends when it is cancelled, which is no failure.
                group.addTask { try? await index.run() }
                group.addTask { await index.maintain() }
                await group.next()
                group.cancelAll()
            }
        }
    }

    /// Follows until cancelled. A lost connection is made again, and everything loaded anew, since changes were missed.
    private func keepFollowing() async {
        var pause: Duration = .milliseconds(200)
        while !Task.isCancelled {
            do {
                let stream =
                    if let first = first.take() { first } else {
                        try await Self.connect(connectionString, database, index, listener, progress)
                    }
                pause = .milliseconds(200)
                try await follow(stream)
            } catch is CancellationError {
                return
            } catch {
                progress.disconnected()
                logger.warning("change feed lost", metadata: ["error": "\(error)"])
                await listener?.interrupted()
                try? await Task.sleep(for: pause)  // Cancellation ends the loop.
                pause = min(pause * 2, .seconds(5))
            }
        }
    }

    /// The audience is read in the very snapshot in which the slot begins. The index needs only to be loaded later than
    /// that: it reads again whatever is told to have changed.
    private static func connect(
        _ connectionString: String,
        _ database: Database,
        _ index: IndexFollower,
        _ listener: (any CommitListener)?,
        _ progress: FeedProgress
    ) async throws -> ReplicationStream {
        let stream = ReplicationStream(
            connectionString: connectionString,
            publication: "labsync_changes",
            progress: progress
        )
        let slot = try await stream.open()
        if let listener {
            let reader = FeedStartReader(database: database)
            await listener.begin(try await reader.read(snapshot: slot.snapshot, position: slot.position))
        }
        try await stream.start()
        try await index.load()
        progress.connected()
        return stream
    }

    private func follow(_ stream: ReplicationStream) async throws {
        while !Task.isCancelled {
            let commit = try await stream.nextCommit()
            // What a truncated table had is not told: begin again.
            if commit.wasTruncated { throw PostgresError.connectionLost("a table was truncated") }
            await listener?.committed(commit.forListener)
            index.note(commit)
            progress.took(commit)
        }
    }
}

/// Something that is there for whoever takes it first.
private final class Taken<Value: Sendable>: Sendable {
    private let value: Mutex<Value?>

    init(_ value: Value) {
        self.value = Mutex(value)
    }

    func take() -> Value? {
        value.withLock { value in
            defer { value = nil }
            return value
        }
    }
}
