public import Domain

extension PostgresError {
    /// What may be said of it to a person; nil where only the log should know more than "internal error".
    public var publicError: PublicError? {
        switch self {
        case .statementFailed(let sqlState, _, _, _): Self.publicError(sqlState: sqlState)
        case .connectionLost, .closed:
            PublicError(.unavailable, "The database cannot be reached just now. Try again shortly.", retryAfter: 2)
        case .deadlineExceeded:
            PublicError(.unavailable, "The database took too long. Try again shortly.", retryAfter: 2)
        case .tooBusy:
            PublicError(.unavailable, "Too many requests at once. Try again shortly.", retryAfter: 1)
        case .nulInText: PublicError(.invalid, "Text must not contain the NUL character.")
        case .unexpectedNull, .noSuchColumn, .undecodable: nil
        }
    }

    private static func publicError(sqlState: String) -> PublicError? {
        switch sqlState {
        case PostgresError.standingLost:
            PublicError(.unauthenticated, "The token is not valid, or no longer. Sign in again.")
        case "23505": PublicError(.conflict, "That exists already.")
        case "23503": PublicError(.invalid, "Something that this refers to does not exist.")
        case "23514", "23502": PublicError(.invalid, "A value is missing or not allowed.")
        case "22P02", "22007", "22008", "22021", "22P05": PublicError(.invalid, "A value has the wrong form.")
        case "42501": PublicError(.forbidden, "You may not do this.")
        case "40001", "40P01":
            PublicError(.unavailable, "Others changed the same thing. Try again.", retryAfter: 1)
        case "57014": PublicError(.unavailable, "The database took too long. Try again shortly.", retryAfter: 2)
        case "53100": PublicError(.storageFull, "The server's disk is full. Nothing was stored.")
        case "57P01", "57P02", "57P03", "53300":
            PublicError(.unavailable, "The database is restarting. Try again shortly.", retryAfter: 2)
        default:
            sqlState.hasPrefix("08")
                ? PublicError(.unavailable, "The database cannot be reached just now.", retryAfter: 2) : nil
        }
    }
}
