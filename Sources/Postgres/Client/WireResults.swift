internal import CPostgres

/// Reads what libpq brings.
enum WireResults {
    static func rows(_ result: OpaquePointer, _ columns: Row.Columns) -> [Row] {
        let width = Int32(columns.names.count)
        return (0..<PQntuples(result)).map { row in
            Row(
                columns: columns,
                values: (0..<width).map { column in
                    guard PQgetisnull(result, row, column) == 0 else { return nil }
                    return String(cString: PQgetvalue(result, row, column))
                }
            )
        }
    }

    static func columns(_ result: OpaquePointer) -> Row.Columns {
        Row.Columns((0..<PQnfields(result)).map { String(cString: PQfname(result, $0)) })
    }

    static func affected(_ result: OpaquePointer) -> Int {
        PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
    }

    /// Nil for what another statement's failure stopped.
    static func failure(_ result: OpaquePointer) -> PostgresError? {
        // PG_DIAG_… are character macros that Swift does not import: C state, M message, n constraint, D detail.
        func field(_ code: Character) -> String? {
            guard let ascii = code.asciiValue, let text = PQresultErrorField(result, Int32(ascii)) else { return nil }
            return String(cString: text)
        }
        guard PQresultStatus(result) != PGRES_PIPELINE_ABORTED else { return nil }
        guard let sqlState = field("C") else {
            return .connectionLost(String(cString: PQresultErrorMessage(result)))
        }
        return .statementFailed(
            sqlState: sqlState,
            message: field("M") ?? "",
            constraint: field("n"),
            detail: field("D")
        )
    }
}
