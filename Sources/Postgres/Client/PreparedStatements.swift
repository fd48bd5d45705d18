internal import CPostgres

/// The statements that one connection has prepared, by their text.
struct PreparedStatements {
    private static let most = 256

    /// One that the server knows, or is about to.
    final class Known {
        private let name: String
        private var columns: Row.Columns?

        fileprivate init(_ name: String) {
            self.name = name
        }

        func sendPreparation(_ sql: String, _ connection: OpaquePointer) -> Bool {
            PQsendPrepare(connection, name, sql, 0, nil) == 1
        }

        func send(_ statement: Statement, _ connection: OpaquePointer) -> Bool {
            statement.parameters.lend { count, values, lengths, formats in
                PQsendQueryPrepared(connection, name, count, values, lengths, formats, 0) == 1
            }
        }

        /// The server does not let a prepared statement's columns change.
        func columns(of result: OpaquePointer) -> Row.Columns {
            if let columns { return columns }
            let found = WireResults.columns(result)
            columns = found
            return found
        }
    }

    private var known: [String: Known] = [:]
    private var nextName = 0

    /// Nil once there are so many that this one is sent without a name.
    mutating func name(for sql: String) -> (Known, isNew: Bool)? {
        if let found = known[sql] { return (found, false) }
        guard known.count < Self.most else { return nil }
        let new = Known("s\(nextName)")
        nextName += 1
        known[sql] = new
        return (new, true)
    }

    /// For one that the server refused to prepare.
    mutating func forget(_ sql: String) {
        known[sql] = nil
    }

    static func sendUnprepared(_ statement: Statement, _ connection: OpaquePointer) -> Bool {
        statement.parameters.lend { count, values, lengths, formats in
            PQsendQueryParams(connection, statement.sql, count, nil, values, lengths, formats, 0) == 1
        }
    }
}
