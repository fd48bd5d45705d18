public import Domain
public import Ingest

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

    /// What `labsync.act_for` says of a credential that was ended.
    static let standingLost = "LS401"

    /// Whether the same read may well succeed on another connection.
    var concernsTheConnection: Bool {
        switch self {
        case .connectionLost, .deadlineExceeded, .closed: true
        // Took too long, changed where only reading is allowed, not prepared after all, server going down.
        case .statementFailed("57014", _, _, _), .statementFailed("25006", _, _, _),
            .statementFailed("26000", _, _, _), .statementFailed("57P01", _, _, _),
            .statementFailed("57P02", _, _, _), .statementFailed("57P03", _, _, _):
            true
        default: false
        }
    }
}

extension PostgresError: PassingFailure {
    /// Nothing is wrong with what was asked: the server is away, starting, full, or others were in the way.
    public var isPassing: Bool {
        switch self {
        case .connectionLost, .deadlineExceeded, .tooBusy: true
        case .statementFailed(let sqlState, _, _, _):
            ["08", "40", "53", "57"].contains(String(sqlState.prefix(2)))
        case .nulInText, .unexpectedNull, .noSuchColumn, .undecodable, .closed: false
        }
    }
}

extension PostgresError: UncertainFailure {
    /// The connection was lost, or given up, between a commit and word of it.
    public var mayHaveHappened: Bool {
        switch self {
        case .connectionLost, .deadlineExceeded: true
        case .statementFailed(let sqlState, _, _, _): sqlState.hasPrefix("57P") || sqlState.hasPrefix("08")
        case .tooBusy, .nulInText, .unexpectedNull, .noSuchColumn, .undecodable, .closed: false
        }
    }
}
