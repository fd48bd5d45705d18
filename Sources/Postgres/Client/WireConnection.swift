internal import CPostgres
import Foundation
import Glibc
import Synchronization

/// One libpq connection, used by one thread at a time; the only place that holds its pointers.
///
/// Statements go out in pipeline mode: all of an exchange in one round trip, and, without `begin`, one transaction.
final class WireConnection {
    /// Wakes a thread that waits for the server; may be called from anywhere.
    final class Interrupt: Sendable {
        fileprivate let descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        private let raised = Mutex(false)

        func raise() {
            raised.withLock { $0 = true }
            var one: UInt64 = 1
            _ = write(descriptor, &one, 8)
        }

        fileprivate var isRaised: Bool { raised.withLock { $0 } }

        func reset() {
            raised.withLock { $0 = false }
            var drained: UInt64 = 0
            _ = read(descriptor, &drained, 8)
        }

        deinit { close(descriptor) }
    }

    /// What one statement brought.
    struct Reply {
        var rows: [Row] = []
        var affected = 0
    }

    let interrupt = Interrupt()
    let connection: OpaquePointer
    private var prepared = PreparedStatements()

    init(_ configuration: DatabaseConfiguration) throws {
        // The server's own limit lies a little above ours, for statements whose client is gone.
        let limit = configuration.deadline + .seconds(5)
        let options = configuration.options(statementTimeout: Int(limit / .milliseconds(1)))
        guard let connection = options.withUnsafePointers({ PQconnectStartParams($0, $1, 1) }) else {
            throw PostgresError.connectionLost("out of memory")
        }
        self.connection = connection
        PQsetNoticeReceiver(connection, { _, _ in }, nil)
        try connect(deadline: .now + configuration.connectTimeout)
        PQsetnonblocking(connection, 1)
        guard PQenterPipelineMode(connection) == 1 else { throw lost() }
    }

    deinit { PQfinish(connection) }

    /// Nothing was left half done, as far as is known without asking the socket.
    var isIdle: Bool {
        PQstatus(connection) == CONNECTION_OK && PQtransactionStatus(connection) == PQTRANS_IDLE
    }

    /// False once the server has hung up or something was left half done.
    var isUsable: Bool {
        guard isIdle else { return false }
        var item = pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0)
        guard poll(&item, 1, 0) > 0 else { return true }
        return PQconsumeInput(connection) == 1 && PQstatus(connection) == CONNECTION_OK
    }

    /// Sends all statements and a sync, and collects their replies.
    ///
    /// The first failure is thrown after the sync, so that the connection can be used on.
    func exchange(_ statements: [Statement], deadline: ContinuousClock.Instant) throws -> [Reply] {
        // Checked before anything is sent: half an exchange would leave the connection unusable.
        for statement in statements where statement.hasNulInText {
            throw PostgresError.nulInText
        }
        var expected: [Expected] = []
        for statement in statements { expected += try send(statement) }
        guard PQpipelineSync(connection) == 1 else { throw lost() }
        return try receive(expected, deadline: deadline)
    }

    // MARK: Sending

    private enum Expected {
        case preparation(sql: String)
        case statement(PreparedStatements.Known?)

        var known: PreparedStatements.Known? {
            if case .statement(let known) = self { known } else { nil }
        }
    }

    private func send(_ statement: Statement) throws -> [Expected] {
        guard let (known, isNew) = prepared.name(for: statement.sql) else {
            guard PreparedStatements.sendUnprepared(statement, connection) else { throw lost() }
            return [.statement(nil)]
        }
        if isNew {
            guard known.sendPreparation(statement.sql, connection) else { throw lost() }
        }
        guard known.send(statement, connection) else { throw lost() }
        return (isNew ? [.preparation(sql: statement.sql)] : []) + [.statement(known)]
    }

    // MARK: Receiving

    private func receive(_ expected: [Expected], deadline: ContinuousClock.Instant) throws -> [Reply] {
        var replies: [Reply] = []
        var failure: PostgresError?
        for item in expected {
            var reply = Reply()
            while let result = try next(deadline) {
                defer { PQclear(result) }
                switch PQresultStatus(result) {
                case PGRES_TUPLES_OK:
                    let columns = item.known?.columns(of: result) ?? WireResults.columns(result)
                    reply.rows = WireResults.rows(result, columns)
                    reply.affected = reply.rows.count
                case PGRES_COMMAND_OK: reply.affected = WireResults.affected(result)
                case PGRES_PIPELINE_ABORTED, PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE:
                    if case .preparation(let sql) = item { prepared.forget(sql) }
                    if failure == nil { failure = WireResults.failure(result) }
                default: failure = failure ?? .connectionLost("unexpected answer from PostgreSQL")
                }
            }
            if case .statement = item { replies.append(reply) }
        }
        try finishSync(deadline)
        if let failure { throw failure }
        return replies
    }

    private func finishSync(_ deadline: ContinuousClock.Instant) throws {
        while true {
            guard let result = try next(deadline) else { continue }
            defer { PQclear(result) }
            if PQresultStatus(result) == PGRES_PIPELINE_SYNC { return }
        }
    }

    /// The next result, nil between the results of two statements.
    private func next(_ deadline: ContinuousClock.Instant) throws -> OpaquePointer? {
        while true {
            let unsent = PQflush(connection)
            guard unsent >= 0 else { throw lost() }
            if PQisBusy(connection) == 0 { return PQgetResult(connection) }
            try wait(for: unsent == 1 ? POLLIN | POLLOUT : POLLIN, until: deadline)
            guard PQconsumeInput(connection) == 1 else { throw lost() }
        }
    }

    /// - Parameter deadline: nil for as long as it takes.
    func wait(for events: Int32, until deadline: ContinuousClock.Instant?) throws {
        var items = [
            pollfd(fd: PQsocket(connection), events: Int16(events), revents: 0),
            pollfd(fd: interrupt.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        var milliseconds: Int32 = -1
        if let deadline {
            let left = deadline - .now
            // The server's own limit ends the statement soon, if the server is still there to do so.
            guard left > .zero else { throw PostgresError.deadlineExceeded }
            milliseconds = Int32(clamping: Int64((left / .milliseconds(1)).rounded(.up)))
        }
        let ready = poll(&items, 2, milliseconds)
        if ready > 0, items[1].revents != 0, interrupt.isRaised {
            cancelRunningStatement()
            throw CancellationError()
        }
    }

    /// Asks the server to stop; this connection is not used again, so nobody waits for its answer. Asking blocks, for
    /// ever when the server has fallen silent, and so has a thread of its own.
    private func cancelRunningStatement() {
        guard let cancel = PQgetCancel(connection) else { return }
        let request = CancelRequest(handle: cancel)
        Self.cancelling.async {
            var message = [CChar](repeating: 0, count: 256)
            _ = PQcancel(request.handle, &message, 256)
            PQfreeCancel(request.handle)
        }
    }

    private static let cancelling = DispatchQueue(label: "labsync.postgres.cancel")

    /// Handed from the thread that made it to the one that uses and frees it.
    private struct CancelRequest: @unchecked Sendable {
        let handle: OpaquePointer
    }

    // MARK: Connecting

    private func connect(deadline: ContinuousClock.Instant) throws {
        guard PQstatus(connection) != CONNECTION_BAD else { throw lost() }
        var state = PGRES_POLLING_WRITING
        while state != PGRES_POLLING_OK {
            switch state {
            case PGRES_POLLING_READING: try wait(for: POLLIN, until: deadline)
            case PGRES_POLLING_WRITING: try wait(for: POLLOUT, until: deadline)
            default: throw lost()
            }
            state = PQconnectPoll(connection)
        }
    }

    func lost() -> PostgresError {
        .connectionLost(String(cString: PQerrorMessage(connection)).trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
