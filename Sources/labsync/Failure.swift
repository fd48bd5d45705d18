import Domain
import Outbound
import Postgres

/// Ends the program with one clear sentence and a non-zero code.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// What a person reads of an error.
enum Sentence {
    static func of(_ error: any Error) -> any Error {
        switch error {
        case let error as PublicError:
            let details = error.fields.map { "\($0.pointer): \($0.detail)" }.joined(separator: "; ")
            return Failure(details.isEmpty ? error.sentence : "\(error.sentence) (\(details))")
        case let error as PostgresError:
            return Failure(sentence(error))
        case OutboundError.connection(_, let reason): return Failure("The server cannot be reached: \(reason).")
        case OutboundError.deadlineExceeded: return Failure("The server took too long.")
        default:
            return error
        }
    }

    private static func sentence(_ error: PostgresError) -> String {
        switch error {
        case .connectionLost(let reason): "The database cannot be reached: \(reason)"
        case .statementFailed(let sqlState, let message, _, _): "The database refused: \(message) (\(sqlState))"
        default: "The database failed: \(error)"
        }
    }
}
