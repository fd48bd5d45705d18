import Assistant
import Domain
import Foundation
import HTTPTypes
import Hummingbird

/// Who may come in.
struct RealtimeGate: Sendable {
    let verifier: any TokenVerifier
    let members: any MemberStore

    /// Verifies a token and asks the database whether it still stands for a member of the lab.
    ///
    /// Throws `PublicError(.unauthenticated)` when not, and what the database throws.
    func admit(_ text: String) async throws -> VerifiedToken {
        let token = try await verifier.verify(text)
        // Without the skew that requests are granted: what is joined would end at once.
        if let expires = token.expires, expires <= Date() { throw PublicError.badToken }
        try await members.requireStanding(of: token.principal)
        return token
    }

    /// As the reply to a join says it.
    static func reason(_ error: any Error) -> String {
        guard let error = error as? PublicError, error.code == .unauthenticated else {
            return "UnableToConnectToProject: The database does not answer; join again in a moment"
        }
        return "InvalidJWTToken: \(error.sentence)"
    }
}
