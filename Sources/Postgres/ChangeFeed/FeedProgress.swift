import Foundation
import Synchronization

/// How far the change feed has come, for `/metrics`.
public final class FeedProgress: Sendable {
    private struct State {
        var isConnected = false
        var connections = 0
        var transactions = 0
        var cut = 0
        /// How far the server's log reaches, and how much of it we have taken in.
        var sent: UInt64 = 0
        var taken: UInt64 = 0
        /// Seconds from the last transaction's commit to when it was taken in.
        var delay = 0.0
        /// How often the index followed, and seconds from hearing of a commit to having what it changed.
        var follows = 0
        var followed = 0.0
        var longestFollow = 0.0
    }

    private let state = Mutex(State())

    public init() {}

    func connected() {
        state.withLock { state in
            state.isConnected = true
            state.connections += 1
        }
    }

    func disconnected() {
        state.withLock { $0.isConnected = false }
    }

    func note(sent: UInt64, taken: UInt64) {
        state.withLock { state in
            state.sent = max(state.sent, sent)
            state.taken = taken
        }
    }

    func took(_ commit: FeedCommit) {
        let now = Date().timeIntervalSince1970
        state.withLock { state in
            state.transactions += 1
            if commit.isCut { state.cut += 1 }
            state.delay = max(0, now - Double(commit.time) / 1e6)
        }
    }

    func indexFollowed(after duration: Duration) {
        let seconds = duration / .seconds(1)
        state.withLock { state in
            state.follows += 1
            state.followed += seconds
            state.longestFollow = max(state.longestFollow, seconds)
        }
    }

    public var gauges: [String: Double] {
        let state = state.withLock { $0 }
        return [
            "labsync_feed_connected": state.isConnected ? 1 : 0,
            "labsync_feed_connections_total": Double(state.connections),
            "labsync_feed_transactions_total": Double(state.transactions),
            "labsync_feed_cut_transactions_total": Double(state.cut),
            "labsync_feed_lag_bytes": Double(state.sent - min(state.sent, state.taken)),
            "labsync_feed_delay_seconds": state.delay,
            "labsync_index_follows_total": Double(state.follows),
            "labsync_index_follow_seconds_total": state.followed,
            "labsync_index_follow_seconds_longest": state.longestFollow,
        ]
    }
}
