public import Foundation

/// Whom a request acts for. The database decides what they may see; this only names them.
public struct Principal: Hashable, Sendable {
    public let user: UserID
    /// What they showed for it: the database refuses to act for them once it was ended, or once they left the lab.
    public let credential: Credential?

    public init(user: UserID, credential: Credential? = nil) {
        self.user = user
        self.credential = credential
    }

    /// Something that is shown to act as somebody and that can be ended before it expires.
    public struct Credential: Hashable, Sendable {
        public enum Kind: String, Sendable {
            /// A sign-in of the built-in issuer, with all its tokens.
            case session
            case personalToken = "personal_token"
            /// Another issuer's: only leaving the lab ends it here.
            case foreign
        }

        public let kind: Kind
        /// The sign-in's family or the token's id; nil where nothing here knows it.
        public let id: UUID?

        public init(_ kind: Kind, _ id: UUID?) {
            self.kind = kind
            self.id = id
        }
    }
}
