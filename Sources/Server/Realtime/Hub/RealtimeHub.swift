public import Assistant
import Domain
import Foundation
import Logging
import NIOCore
public import ServiceLifecycle
import Synchronization

/// Everybody who is connected in real time: follows the database's commits and passes on what people's programs say.
///
/// Decisions are `RealtimeState`'s; here they are made one at a time, and what comes of each is posted in the same order.
public final class RealtimeHub: CommitListener, Service {
    /// Frames on their way beyond which commits wait.
    private static let mostUnderWay = 100_000

    let limits: RealtimeLimits
    let outboxes = Outboxes()
    private let state: Mutex<RealtimeState>
    private let jobs: AsyncStream<@Sendable () async -> Void>
    private let orders: AsyncStream<@Sendable () async -> Void>.Continuation

    public init(limits: RealtimeLimits) {
        self.limits = limits
        state = Mutex(RealtimeState(keptChanges: limits.keptChanges))
        (jobs, orders) = AsyncStream.makeStream()
    }

    /// Looks at tokens, and ends what is past its time, until cancelled.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.watchExpiry() }
                for await job in self.jobs { group.addTask { await job() } }
                group.cancelAll()
            }
        }
    }

    /// Has something done that waits, such as for the database. Each socket has one such thing under way at most.
    func perform(_ job: @escaping @Sendable () async -> Void) {
        orders.yield(job)
    }

    func change<Result: Sendable>(_ body: (inout RealtimeState) -> Result) -> Result {
        state.withLock { state in
            let result = body(&state)
            // Under the lock, so that frames are in the order of decisions.
            state.takePostings().post()
            return result
        }
    }

    private func watchExpiry() async {
        while !Task.isCancelled {
            change { $0.endExpired(now: Date()) }
            try? await Task.sleep(for: .seconds(1))  // Cancellation ends the loop.
        }
    }

    // MARK: The change feed

    public func begin(_ start: FeedStart) async {
        change { $0.begin(start) }
    }

    public func interrupted() async {
        change { $0.interrupt() }
    }

    public func committed(_ transaction: CommittedTransaction) async {
        change { $0.apply(transaction) }
        while outboxes.longest > Self.mostUnderWay, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(1))  // Cancellation ends the loop.
        }
    }

    public var gauges: [String: Double] {
        state.withLock { state in
            [
                "labsync_realtime_sockets": Double(state.sockets.count),
                "labsync_realtime_channels": Double(state.channels.count),
                "labsync_realtime_subscriptions": Double(state.followed.count),
            ]
        }
    }
}
