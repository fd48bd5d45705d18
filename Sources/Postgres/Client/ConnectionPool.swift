import Dispatch
import Synchronization

/// Lends each connection to one borrower at a time; makes them as needed, up to a limit.
final class ConnectionPool: Sendable {
    private struct State {
        var idle: [Idle] = []
        /// Lent, or being opened.
        var busy = 0
        var waiters: [Waiter] = []
        var nextWaiter = 0
        var isClosed = false
    }

    private struct Idle {
        let connection: Connection
        let since: ContinuousClock.Instant
    }

    /// One that lay idle no longer than this is lent without asking its socket.
    private static let freshness: Duration = .seconds(1)

    private struct Waiter {
        let id: Int
        let continuation: CheckedContinuation<Grant, any Error>
    }

    private enum Grant {
        case connection(Connection, isFresh: Bool)
        /// A place is free: open a connection.
        case place
    }

    private let configuration: DatabaseConfiguration
    private let state = Mutex(State())

    init(_ configuration: DatabaseConfiguration) {
        self.configuration = configuration
    }

    func withConnection<Result: Sendable>(_ body: (Connection) async throws -> Result) async throws -> Result {
        let connection = try await lease()
        do {
            let result = try await body(connection)
            await giveBack(connection)
            return result
        } catch {
            await giveBack(connection)
            throw error
        }
    }

    /// Refuses new borrowers and closes idle connections; lent ones are closed when they come back.
    func close() async {
        let (idle, waiters) = state.withLock { state in
            state.isClosed = true
            defer { (state.idle, state.waiters) = ([], []) }
            return (state.idle, state.waiters)
        }
        for waiter in waiters { waiter.continuation.resume(throwing: PostgresError.closed) }
        for idle in idle { await idle.connection.close() }
    }

    private func lease() async throws -> Connection {
        while true {
            switch try await grant() {
            case .place:
                let connection = Connection(configuration)
                do {
                    try await connection.open()
                    return connection
                } catch {
                    freePlace()
                    throw error
                }
            case .connection(let connection, let isFresh):
                // The server may have hung up while it lay idle.
                if isFresh { return connection }
                if await connection.isUsable { return connection }
                await connection.close()
                freePlace()
            }
        }
    }

    private func grant() async throws -> Grant {
        let waiterID = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let immediate: Result<Grant, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.isClosed { return .failure(PostgresError.closed) }
                    if let idle = state.idle.popLast() {
                        state.busy += 1
                        let isFresh = .now - idle.since < Self.freshness
                        return .success(.connection(idle.connection, isFresh: isFresh))
                    }
                    if state.busy < configuration.maximumConnections {
                        state.busy += 1
                        return .success(.place)
                    }
                    guard state.waiters.count < configuration.maximumWaiters else {
                        return .failure(PostgresError.tooBusy)
                    }
                    state.waiters.append(Waiter(id: waiterID, continuation: continuation))
                    return nil
                }
                if let immediate { return continuation.resume(with: immediate) }
                DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(configuration.longestWait)) {
                    [weak self] in
                    self?.giveUp(waiterID, PostgresError.tooBusy)
                }
            }
        } onCancel: {
            giveUp(waiterID, CancellationError())
        }
    }

    private func giveUp(_ waiterID: Int, _ reason: any Error) {
        let waiter = state.withLock { state in
            state.waiters.firstIndex { $0.id == waiterID }.map { state.waiters.remove(at: $0) }
        }
        waiter?.continuation.resume(throwing: reason)
    }

    private func giveBack(_ connection: Connection) async {
        guard connection.isClean else {
            await connection.close()
            freePlace()
            return
        }
        let (waiter, isClosed) = state.withLock { state -> (Waiter?, Bool) in
            if !state.waiters.isEmpty { return (state.waiters.removeFirst(), false) }
            state.busy -= 1
            if !state.isClosed { state.idle.append(Idle(connection: connection, since: .now)) }
            return (nil, state.isClosed)
        }
        waiter?.continuation.resume(returning: .connection(connection, isFresh: true))
        if isClosed { await connection.close() }
    }

    private func freePlace() {
        let waiter = state.withLock { state -> Waiter? in
            if !state.waiters.isEmpty { return state.waiters.removeFirst() }
            state.busy -= 1
            return nil
        }
        waiter?.continuation.resume(returning: .place)
    }
}
