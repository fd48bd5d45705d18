internal import CPostgres
import Foundation
import Glibc

/// Follows a publication through a temporary logical slot, which goes with the connection.
///
/// Runs on a thread of its own, which waits for the server.
actor ReplicationStream {
    /// The server hears from us at least so often, so that it neither drops us nor keeps WAL for nothing.
    private static let statusInterval: Duration = .seconds(5)
    /// Nothing at all from the server for so long: the connection is dead, whatever the system thinks.
    private static let silence: Duration = .seconds(30)
    private static let slot = "labsync_feed"

    private let executor = ConnectionExecutor()
    private let connectionString: String
    private let publication: String
    private let progress: FeedProgress
    // Touched on the executor's thread only, and in deinit, when nobody else can.
    nonisolated(unsafe) private var connection: OpaquePointer?
    private var decoder = PgOutput()
    private var slotName = ""
    /// The end of what was handed out: WAL before it may go.
    private var confirmed: UInt64 = 0
    private var lastStatus = ContinuousClock.now
    private var lastHeard = ContinuousClock.now

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(connectionString: String, publication: String, progress: FeedProgress) {
        self.connectionString = connectionString
        self.publication = publication
        self.progress = progress
    }

    deinit { PQfinish(connection) }

    /// Where the slot begins, and the snapshot that shows everything before: good until `start`.
    struct Slot: Sendable {
        let position: UInt64
        let snapshot: String
    }

    /// Connects and makes the slot: every commit after its snapshot is delivered.
    func open() throws -> Slot {
        let options = [
            ("dbname", connectionString), ("replication", "database"), ("application_name", "labsync-feed"),
            ("options", "-c TimeZone=UTC -c DateStyle=ISO -c extra_float_digits=1"), ("connect_timeout", "10"),
        ]
        guard let connection = options.withUnsafePointers({ PQconnectdbParams($0, $1, 1) }) else {
            throw PostgresError.connectionLost("out of memory")
        }
        self.connection = connection
        guard PQstatus(connection) == CONNECTION_OK else { throw lost() }
        slotName = "\(Self.slot)_\(UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: "_"))"
        let made = try answer(
            to: "CREATE_REPLICATION_SLOT \(slotName) TEMPORARY LOGICAL pgoutput (SNAPSHOT 'export')"
        )
        defer { PQclear(made) }
        // The end of the answer; what follows is another command's.
        PQclear(PQgetResult(connection))
        guard PQresultStatus(made) == PGRES_TUPLES_OK, PQntuples(made) == 1 else { throw lost() }
        // slot_name, consistent_point, snapshot_name, output_plugin
        let position = Self.position(String(cString: PQgetvalue(made, 0, 1)))
        confirmed = position
        return Slot(position: position, snapshot: String(cString: PQgetvalue(made, 0, 2)))
    }

    func start() throws {
        let started = try answer(
            to: "START_REPLICATION SLOT \(slotName) LOGICAL 0/0 (proto_version '1', publication_names '\(publication)')"
        )
        defer { PQclear(started) }
        guard PQresultStatus(started) == PGRES_COPY_BOTH else { throw lost() }
        lastHeard = .now
    }

    /// The first result of a command. A server that has fallen silent is given up.
    private func answer(to command: String) throws -> OpaquePointer? {
        guard PQsendQuery(connection, command) == 1 else { throw lost() }
        let deadline = ContinuousClock.now + Self.silence
        while PQisBusy(connection) == 1 {
            guard .now < deadline else { throw PostgresError.deadlineExceeded }
            var item = pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0)
            if poll(&item, 1, 500) > 0, PQconsumeInput(connection) != 1 { throw lost() }
        }
        return PQgetResult(connection)
    }

    /// Waits for the next transaction that was committed. Cancellation is noticed within half a second.
    func nextCommit() throws -> FeedCommit {
        while true {
            try Task.checkCancellation()
            if let message = try receive() {
                lastHeard = .now
                if let commit = try handle(message) { return commit }
            } else if .now - lastHeard > Self.silence {
                throw PostgresError.connectionLost("the change feed fell silent")
            }
            if .now - lastStatus > Self.statusInterval { try sendStatus() }
        }
    }

    private func handle(_ message: [UInt8]) throws -> FeedCommit? {
        var reader = ByteReader(message)
        switch try reader.byte() {
        case UInt8(ascii: "w"):
            let start = try reader.uint64()
            let end = try reader.uint64()
            let commit = try decoder.take(message.dropFirst(25))
            if commit != nil { confirmed = max(confirmed, start, end) }
            progress.note(sent: end, taken: confirmed)
            return commit
        case UInt8(ascii: "k"):
            // Nothing of ours is waiting when this comes: what was sent before it has been taken.
            let end = try reader.uint64()
            confirmed = max(confirmed, end)
            progress.note(sent: end, taken: confirmed)
            _ = try reader.uint64()
            if try reader.byte() == 1 { try sendStatus() }
        default: break
        }
        return nil
    }

    /// One CopyData message; nil when none came for half a second.
    private func receive() throws -> [UInt8]? {
        var buffer: UnsafeMutablePointer<CChar>?
        let length = PQgetCopyData(connection, &buffer, 1)
        if length > 0, let buffer {
            defer { PQfreemem(buffer) }
            return Array(UnsafeRawBufferPointer(start: buffer, count: Int(length)))
        }
        guard length == 0 else { throw lost() }
        var item = pollfd(fd: PQsocket(connection), events: Int16(POLLIN), revents: 0)
        if poll(&item, 1, 500) > 0, PQconsumeInput(connection) != 1 { throw lost() }
        return nil
    }

    /// Standby status update: written, flushed and applied up to `confirmed`; microseconds since 2000. Asks for an answer,
    /// by which we know that the server is there.
    private func sendStatus() throws {
        lastStatus = .now
        var message: [UInt8] = [UInt8(ascii: "r")]
        let time = UInt64(max(0, Date().timeIntervalSince1970 - 946_684_800) * 1e6)
        for number in [confirmed, confirmed, confirmed, time] {
            withUnsafeBytes(of: number.bigEndian) { message += $0 }
        }
        message.append(.now - lastHeard > Self.statusInterval ? 1 : 0)
        let sent = message.withUnsafeBytes {
            PQputCopyData(connection, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count))
        }
        guard sent == 1, PQflush(connection) >= 0 else { throw lost() }
    }

    private static func position(_ text: String) -> UInt64 {
        let halves = text.split(separator: "/").compactMap { UInt64($0, radix: 16) }
        return halves.count == 2 ? halves[0] << 32 | halves[1] : 0
    }

    private func lost() -> PostgresError {
        .connectionLost(String(cString: PQerrorMessage(connection)).trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
