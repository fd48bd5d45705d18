/// What can go wrong between Labsync and PostgreSQL.
public enum PostgresError: Error, Sendable {
    case statementFailed(sqlState: String, message: String, constraint: String?, detail: String?)
    /// The server is not reachable or went away; what was sent last may or may not have happened.
    case connectionLost(String)
    case deadlineExceeded
    /// All connections are busy and too many wait already.
    case tooBusy
    case nulInText
    case unexpectedNull(String)
    case noSuchColumn(String)
    case undecodable(String)
    case closed
}

extension PostgresError {
    public var sqlState: String? {
        if case .statementFailed(let sqlState, _, _, _) = self { sqlState } else { nil }
    }
}
