internal import CPostgres
import Foundation
import Glibc

/// One connection that short reads share, each ended by a sync of its own: so each is a transaction of its own, for a
/// user of its own, and one that fails leaves the others alone. Used by its thread only.
final class ReadLane {
    /// Reads under way at once; more would wait behind each other for too long.
    static let depth = 8
    /// A read that takes longer is taken to a connection of its own.
    static let longestRead: Duration = .seconds(1)
    private static let pauseAfterFailure: Duration = .seconds(1)

    private enum Phase {
        case closed(until: ContinuousClock.Instant)
        case opening(deadline: ContinuousClock.Instant)
        case open
    }

    /// What one sync ends.
    fileprivate enum Unit {
        case preparation(sql: String)
        case read(SharedRead, [PreparedStatements.Known], sent: ContinuousClock.Instant)
    }

    private let configuration: DatabaseConfiguration
    private let poller: Poller
    private let index: Int
    private var phase = Phase.closed(until: .now)
    private var connection: OpaquePointer?
    private var prepared = PreparedStatements()
    private var units: [Unit] = []
    private(set) var load = 0

    // What has come of the first unit.
    private var rows: [[Row]] = []
    private var current: [Row] = []
    private var failure: PostgresError?
    private var isBetweenResults = false

    init(_ configuration: DatabaseConfiguration, _ poller: Poller, index: Int) {
        self.configuration = configuration
        self.poller = poller
        self.index = index
    }

    deinit { PQfinish(connection) }

    var hasRoom: Bool {
        guard case .open = phase else { return false }
        return load < Self.depth
    }

    var isOpening: Bool {
        guard case .opening = phase else { return false }
        return true
    }

    var isOpen: Bool {
        guard case .open = phase else { return false }
        return true
    }

    // MARK: Opening and closing

    func openIfClosed() {
        guard case .closed(let until) = phase, until <= .now else { return }
        let options = configuration.options(
            statementTimeout: Int(Self.longestRead / .milliseconds(1)),
            isReadOnly: true
        )
        connection = options.withUnsafePointers { PQconnectStartParams($0, $1, 1) }
        guard let connection, PQstatus(connection) != CONNECTION_BAD else { return close(isFailure: true) }
        PQsetNoticeReceiver(connection, { _, _ in }, nil)
        phase = .opening(deadline: .now + configuration.connectTimeout)
        poller.watch(PQsocket(connection), for: .writing, as: index)
    }

    private func goOnOpening(_ connection: OpaquePointer) {
        switch PQconnectPoll(connection) {
        case PGRES_POLLING_READING: poller.watch(PQsocket(connection), for: .reading, as: index)
        case PGRES_POLLING_WRITING: poller.watch(PQsocket(connection), for: .writing, as: index)
        case PGRES_POLLING_OK:
            guard PQsetnonblocking(connection, 1) == 0, PQenterPipelineMode(connection) == 1 else {
                return close(isFailure: true)
            }
            poller.watch(PQsocket(connection), for: .reading, as: index)
            phase = .open
        default: close(isFailure: true)
        }
    }

    func close(isFailure: Bool) {
        if let connection {
            poller.forget(PQsocket(connection))
            PQfinish(connection)
        }
        connection = nil
        phase = .closed(until: .now + (isFailure ? Self.pauseAfterFailure : .zero))
        let lost = units
        units = []
        load = 0
        prepared = PreparedStatements()
        startUnit()
        for case .read(let read, _, _) in lost {
            read.answer(.failure(PostgresError.connectionLost("the shared connection closed")))
        }
    }

    /// Closes it when what is under way, or the opening, takes too long.
    func checkDeadline(_ now: ContinuousClock.Instant) {
        switch phase {
        case .opening(let deadline) where deadline < now: close(isFailure: true)
        case .open:
            // The server's own limit comes first, unless the server is not there any more.
            guard case .read(_, _, let sent) = units.first(where: \.isRead) else { return }
            if sent + Self.longestRead * 2 < now { close(isFailure: true) }
        default: break
        }
    }

    // MARK: Sending

    func send(_ read: SharedRead) {
        guard let connection else { return read.answer(.failure(PostgresError.closed)) }
        // Prepared ahead and apart: if this read fails, those behind it still find what it prepared.
        var known: [PreparedStatements.Known] = []
        for statement in read.statements {
            guard let (found, isNew) = prepared.name(for: statement.sql) else {
                return read.answer(.failure(PostgresError.connectionLost("too many different statements")))
            }
            if isNew {
                units.append(.preparation(sql: statement.sql))
                guard found.sendPreparation(statement.sql, connection), PQpipelineSync(connection) == 1 else {
                    read.answer(.failure(PostgresError.connectionLost("the shared connection cannot be written to")))
                    return close(isFailure: true)
                }
            }
            known.append(found)
        }
        units.append(.read(read, known, sent: .now))
        load += 1
        for (statement, known) in zip(read.statements, known) {
            guard known.send(statement, connection) else { return close(isFailure: true) }
        }
        guard PQpipelineSync(connection) == 1 else { return close(isFailure: true) }
        flush(connection)
    }

    private func flush(_ connection: OpaquePointer) {
        switch PQflush(connection) {
        case 0: break
        case 1: poller.watch(PQsocket(connection), for: .both, as: index)
        default: close(isFailure: true)
        }
    }

    // MARK: Receiving

    func handle(isWritable: Bool) {
        guard let connection else { return }
        if case .opening = phase { return goOnOpening(connection) }
        if isWritable {
            poller.watch(PQsocket(connection), for: .reading, as: index)
            flush(connection)
        }
        guard self.connection != nil else { return }
        guard PQconsumeInput(connection) == 1, take(connection), PQstatus(connection) == CONNECTION_OK else {
            return close(isFailure: false)
        }
    }

    /// False when what came makes no sense.
    private func take(_ connection: OpaquePointer) -> Bool {
        while let unit = units.first, PQisBusy(connection) == 0 {
            guard let result = PQgetResult(connection) else {
                // Nothing stands between two statements' results, once.
                guard !isBetweenResults else { return false }
                isBetweenResults = true
                if case .read = unit { rows.append(current) }
                current = []
                continue
            }
            defer { PQclear(result) }
            isBetweenResults = false
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK:
                guard case .read(_, let known, _) = unit, rows.count < known.count else { return false }
                current = WireResults.rows(result, known[rows.count].columns(of: result))
            case PGRES_COMMAND_OK: break
            case PGRES_PIPELINE_SYNC: finish(unit)
            case PGRES_PIPELINE_ABORTED: break
            case PGRES_FATAL_ERROR: failure = failure ?? WireResults.failure(result)
            default: return false
            }
        }
        return units.isEmpty ? PQtransactionStatus(connection) == PQTRANS_IDLE : true
    }

    private func finish(_ unit: Unit) {
        units.removeFirst()
        let (rows, failure) = (rows, failure)
        startUnit()
        switch unit {
        case .preparation(let sql): if failure != nil { prepared.forget(sql) }
        case .read(let read, let known, _):
            load -= 1
            if let failure {
                read.answer(.failure(failure))
            } else if rows.count == known.count {
                read.answer(.success(rows))
            } else {
                read.answer(.failure(PostgresError.connectionLost("fewer answers than statements")))
            }
        }
    }

    private func startUnit() {
        rows = []
        current = []
        failure = nil
        isBetweenResults = false
    }
}

extension ReadLane.Unit {
    fileprivate var isRead: Bool {
        if case .read = self { true } else { false }
    }
}
