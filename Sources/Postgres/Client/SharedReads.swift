import Foundation
import Synchronization

/// Short reads, many at once over few connections: a thread of its own sends each as it comes and hands out the answers.
///
/// Only for reads that may be repeated and that end soon: the server refuses changes here, and what is refused or lost
/// for a reason of the connection's is for the caller to ask again on a connection of its own.
final class SharedReads: Sendable {
    static let maximumLanes = 2

    private let inbox: SharedReadInbox
    private let configuration: DatabaseConfiguration

    init(_ configuration: DatabaseConfiguration) {
        self.configuration = configuration
        inbox = SharedReadInbox(limit: configuration.maximumWaiters)
    }

    deinit { inbox.close() }

    func close() {
        inbox.close()
    }

    /// The rows of each statement, all from one transaction.
    func rows(of statements: [Statement]) async throws -> [[Row]] {
        // Checked before anything is sent: half a read would cost everybody the connection.
        for statement in statements where statement.hasNulInText {
            throw PostgresError.nulInText
        }
        let read = Mutex<SharedRead?>(nil)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let new = SharedRead(statements, continuation)
                read.withLock { $0 = new }
                if Task.isCancelled { return new.answer(.failure(CancellationError())) }
                switch inbox.put(new) {
                case .taken: break
                case .startThread: SharedReadThread(inbox, configuration).start()
                case .full: new.answer(.failure(PostgresError.tooBusy))
                case .closed: new.answer(.failure(PostgresError.closed))
                }
            }
        } onCancel: {
            // What was sent is read and thrown away: stopping it would stop somebody else's.
            read.withLock { $0 }?.answer(.failure(CancellationError()))
        }
    }
}

/// What askers leave for the thread.
final class SharedReadInbox: Sendable {
    enum Outcome {
        case taken
        case startThread
        case full
        case closed
    }

    private struct State {
        var reads: [SharedRead] = []
        /// Reads that the thread has taken and not sent yet.
        var backlog = 0
        var hasThread = false
        var isAsleep = false
        var isClosed = false
    }

    let poller = Poller()
    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) {
        self.limit = limit
    }

    func put(_ read: SharedRead) -> Outcome {
        let (outcome, wasAsleep) = state.withLock { state -> (Outcome, Bool) in
            if state.isClosed { return (.closed, false) }
            if state.reads.count + state.backlog >= limit { return (.full, false) }
            state.reads.append(read)
            defer { (state.isAsleep, state.hasThread) = (false, true) }
            return (state.hasThread ? .taken : .startThread, state.isAsleep)
        }
        if wasAsleep { poller.ring() }
        return outcome
    }

    func close() {
        state.withLock { $0.isClosed = true }
        poller.ring()
    }

    /// What came meanwhile; nil once closed. With nothing the thread may sleep: the next read will ring.
    func take(backlog: Int) -> [SharedRead]? {
        state.withLock { state in
            guard !state.isClosed else { return nil }
            state.backlog = backlog + state.reads.count
            state.isAsleep = state.reads.isEmpty
            defer { state.reads.removeAll(keepingCapacity: true) }
            return state.reads
        }
    }

    /// What is left when the thread ends.
    func takeRest() -> [SharedRead] {
        state.withLock { state in
            defer { state.reads = [] }
            return state.reads
        }
    }
}
