internal import CPostgres
import Glibc

/// What is asked outside pipeline mode: scripts, and rows by the million.
extension WireConnection {
    /// Runs SQL text of any number of statements, for as long as it takes.
    func runScript(_ sql: String) throws {
        guard PQexitPipelineMode(connection) == 1 else { throw lost() }
        defer { PQenterPipelineMode(connection) }
        guard PQsendQuery(connection, sql) == 1 else { throw lost() }
        try finish(nil)
    }

    /// `copy` in binary, without a text for each value: lends each row in turn.
    ///
    /// - Parameters:
    ///   - sql: `copy (…) to stdout (format binary)`.
    ///   - deadline: for each wait, not for the whole.
    func copyOut(_ sql: String, deadline: Duration, _ take: (inout CopyRow) throws -> Void) throws {
        guard PQexitPipelineMode(connection) == 1 else { throw lost() }
        defer { PQenterPipelineMode(connection) }
        guard PQsendQuery(connection, sql) == 1 else { throw lost() }
        try requireCopy(deadline)
        var isFirst = true
        while true {
            var buffer: UnsafeMutablePointer<CChar>?
            let size = PQgetCopyData(connection, &buffer, 1)
            if size > 0, let buffer {
                defer { PQfreemem(buffer) }
                let bytes = UnsafeRawBufferPointer(start: buffer, count: Int(size))
                // The header comes with the first row.
                let row = UnsafeRawBufferPointer(
                    rebasing: bytes[(isFirst ? min(CopyRow.headerSize, bytes.count) : 0)...]
                )
                isFirst = false
                guard var row = CopyRow(row) else { continue }
                try take(&row)
            } else if size == 0 {
                try wait(for: POLLIN, until: .now + deadline)
                guard PQconsumeInput(connection) == 1 else { throw lost() }
            } else {
                break
            }
        }
        try finish(deadline)
    }

    private func requireCopy(_ deadline: Duration) throws {
        guard let result = try nextResult(deadline) else { throw lost() }
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_COPY_OUT else {
            let failure = WireResults.failure(result) ?? lost()
            while let rest = try nextResult(deadline) { PQclear(rest) }
            throw failure
        }
    }

    private func finish(_ deadline: Duration?) throws {
        var failure: PostgresError?
        while let result = try nextResult(deadline) {
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: break
            default: failure = failure ?? WireResults.failure(result) ?? lost()
            }
        }
        if let failure { throw failure }
    }

    /// - Parameter deadline: for each wait; nil for as long as it takes.
    private func nextResult(_ deadline: Duration?) throws -> OpaquePointer? {
        while true {
            let unsent = PQflush(connection)
            guard unsent >= 0 else { throw lost() }
            if PQisBusy(connection) == 0 { return PQgetResult(connection) }
            try wait(for: unsent == 1 ? POLLIN | POLLOUT : POLLIN, until: deadline.map { .now + $0 })
            guard PQconsumeInput(connection) == 1 else { throw lost() }
        }
    }
}
