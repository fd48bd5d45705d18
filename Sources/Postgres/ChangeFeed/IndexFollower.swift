import Domain
import Ingest
import Logging
import Synchronization

/// Keeps the index in memory in step with what the change feed tells. Behind, it catches up in one go: a source that was
/// changed ten times is read once.
final class IndexFollower: Sendable {
    private struct Pending {
        var sources: Set<SourceReference> = []
        var mustLoad = false
        /// The last transaction that anything here is from.
        var transaction: UInt32?
    }

    private let keeper: IndexKeeper
    private let logger: Logger
    private let pending = Mutex(Pending())
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    private let changes: AsyncStream<Void>
    private let change: AsyncStream<Void>.Continuation

    init(keeper: IndexKeeper, logger: Logger) {
        self.keeper = keeper
        self.logger = logger
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (changes, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func load() async throws {
        pending.withLock { $0 = Pending() }
        try await keeper.load()
        change.yield()
    }

    /// Keeps the index in order, until cancelled.
    func maintain() async {
        for await _ in changes { await keeper.maintain() }
    }

    func note(_ commit: FeedCommit) {
        let mustLoad = commit.changedGenerations || commit.wasTruncated
        guard mustLoad || !commit.sources.isEmpty else { return }
        pending.withLock { pending in
            pending.transaction = commit.transaction
            pending.sources.formUnion(commit.sources)
            if mustLoad || pending.sources.count > FeedCommit.mostSources {
                pending.mustLoad = true
                pending.sources = []
            }
        }
        signal.yield()
    }

    /// Works until cancelled; a failure puts back what was not done.
    func run() async throws {
        for await _ in signals {
            let work = pending.withLock { pending in
                defer { pending = Pending() }
                return pending
            }
            guard let transaction = work.transaction else { continue }
            do {
                try await keeper.waitUntilVisible(transaction)
                if work.mustLoad {
                    try await keeper.load()
                } else {
                    try await keeper.refresh(work.sources)
                }
                change.yield()
            } catch is CancellationError {
                return
            } catch {
                logger.warning("index could not follow", metadata: ["error": "\(error)"])
                pending.withLock { pending in
                    pending.mustLoad = pending.mustLoad || work.mustLoad
                    pending.sources.formUnion(work.sources)
                    pending.transaction = pending.transaction ?? transaction
                }
                try await Task.sleep(for: .milliseconds(500))
                signal.yield()
            }
        }
    }
}
