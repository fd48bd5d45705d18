import Domain
import Ingest
import Logging
import Synchronization

/// Keeps the index in memory in step with what the change feed tells. Behind, it catches up in one go: a source that was
/// changed ten times is read once.
final class IndexFollower: Sendable {
    private struct Work {
        var sources: Set<SourceReference> = []
        var mustLoad = false
        /// All that anything here is from: they become visible in another order than that in which they are told.
        var transactions: Set<UInt32> = []
        /// When the first of it was heard of.
        var since: ContinuousClock.Instant?

        var isEmpty: Bool { sources.isEmpty && !mustLoad }

        mutating func add(_ other: Work) {
            since = [since, other.since].compactMap { $0 }.min()
            transactions.formUnion(other.transactions)
            sources.formUnion(other.sources)
            mustLoad = mustLoad || other.mustLoad || sources.count > FeedCommit.mostSources
            if mustLoad { sources = [] }
        }
    }

    private struct State {
        var waiting = Work()
        /// What is being done just now.
        var current = Work()
    }

    private let keeper: IndexKeeper
    private let progress: FeedProgress
    private let logger: Logger
    private let state = Mutex(State())
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    private let changes: AsyncStream<Void>
    private let change: AsyncStream<Void>.Continuation

    init(keeper: IndexKeeper, progress: FeedProgress, logger: Logger) {
        self.keeper = keeper
        self.progress = progress
        self.logger = logger
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (changes, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// What is known to have changed before is done once more afterwards: it may have been put into the index that is
    /// replaced.
    func load() async throws {
        let known = state.withLock { state in
            var known = state.waiting
            known.add(state.current)
            return known
        }
        try await keeper.load()
        change.yield()
        guard !known.isEmpty else { return }
        state.withLock { $0.waiting.add(known) }
        signal.yield()
    }

    /// Keeps the index in order, until cancelled.
    func maintain() async {
        for await _ in changes { await keeper.maintain() }
    }

    func note(_ commit: FeedCommit) {
        let work = Work(
            sources: commit.sources,
            mustLoad: commit.changedGenerations || commit.wasTruncated,
            transactions: [commit.transaction],
            since: .now
        )
        guard !work.isEmpty else { return }
        state.withLock { $0.waiting.add(work) }
        signal.yield()
    }

    /// Works until cancelled; a failure puts back what was not done.
    func run() async throws {
        for await _ in signals {
            let work = state.withLock { state in
                state.current = state.waiting
                state.waiting = Work()
                return state.current
            }
            guard !work.isEmpty else { continue }
            do {
                try await keeper.waitUntilVisible(work.transactions)
                if work.mustLoad {
                    try await keeper.load()
                } else {
                    try await keeper.refresh(work.sources)
                    if let since = work.since { progress.indexFollowed(after: .now - since) }
                }
                change.yield()
                state.withLock { $0.current = Work() }
            } catch is CancellationError {
                return
            } catch {
                logger.warning("index could not follow", metadata: ["error": "\(error)"])
                state.withLock { state in
                    state.waiting.add(work)
                    state.current = Work()
                }
                try await Task.sleep(for: .milliseconds(500))
                signal.yield()
            }
        }
    }
}
