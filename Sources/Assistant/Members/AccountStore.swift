public import Domain
public import Foundation

/// Credentials and sessions: what sign-in needs to know and nothing else may read.
public protocol AccountStore: Sendable {
    /// The first member of a lab owns it; later ones come by invitation, or freely where sign-up is open.
    func signUp(_ account: NewAccount, invitation: SecretHash?, isOpen: Bool) async throws -> UserID
    func credentials(email: String) async throws -> Credentials?
    func credentials(of user: UserID) async throws -> Credentials?
    /// Ends every session of the user too.
    func setPassword(_ hash: String, of user: UserID) async throws

    func open(_ session: NewSession) async throws
    /// Trades a refresh token for the next one. A token that was traded before ends its whole family.
    func rotate(_ refresh: SecretHash, to next: SecretHash, expires: Date) async throws -> SessionOwner?
    func close(family: UUID, of user: UserID) async throws
    /// Returns the families that were closed.
    func closeAll(of user: UserID) async throws -> [UUID]
    func familiesRevoked(since: Date) async throws -> [UUID]

    func invite(_ invitation: Invitation, by owner: UserID) async throws
    /// Uses a reset invitation up; nil when it is not good.
    func resetPassword(_ hash: String, with token: SecretHash) async throws -> UserID?

    func add(_ token: PersonalToken) async throws
    func personalTokens(of user: UserID) async throws -> [PersonalToken]
    func revokePersonalToken(_ id: UUID, of user: UserID) async throws -> Bool
    func holder(of token: SecretHash) async throws -> PersonalToken?

    func user(provider: String, subject: String) async throws -> UserID?
    /// Applies what an identity provider says once, and never an older state over a newer one.
    func apply(_ event: IdentityEvent) async throws

    func setCalendarLink(_ secret: SecretHash?, of user: UserID) async throws
    func calendarOwner(_ secret: SecretHash) async throws -> UserID?
}

/// SHA-256 of a secret with more entropy than anyone can guess.
public typealias SecretHash = [UInt8]

public struct NewAccount: Sendable {
    public let email: String
    public let fullName: String?
    public let passwordHash: String

    public init(email: String, fullName: String?, passwordHash: String) {
        self.email = email
        self.fullName = fullName
        self.passwordHash = passwordHash
    }
}

public struct Credentials: Sendable {
    public let user: UserID
    public let passwordHash: String

    public init(user: UserID, passwordHash: String) {
        self.user = user
        self.passwordHash = passwordHash
    }
}

public struct NewSession: Sendable {
    public let user: UserID
    public let family: UUID
    public let refresh: SecretHash
    public let expires: Date

    public init(user: UserID, family: UUID, refresh: SecretHash, expires: Date) {
        self.user = user
        self.family = family
        self.refresh = refresh
        self.expires = expires
    }
}

public struct SessionOwner: Sendable {
    public let user: UserID
    public let family: UUID

    public init(user: UserID, family: UUID) {
        self.user = user
        self.family = family
    }
}

/// A one-time link: to join the lab in a role, or, for who is a member already, to set a new password.
public struct Invitation: Sendable {
    public let token: SecretHash
    public let email: String
    public let role: String
    public let expires: Date

    public init(token: SecretHash, email: String, role: String, expires: Date) {
        self.token = token
        self.email = email
        self.role = role
        self.expires = expires
    }
}

public struct PersonalToken: Sendable {
    public enum Scope: String, Sendable, CaseIterable {
        case all
        case read
    }

    public let id: UUID
    public let user: UserID
    public let name: String
    public let hash: SecretHash
    public let scope: Scope
    public let createdAt: Date
    public let expires: Date?

    public init(
        id: UUID,
        user: UserID,
        name: String,
        hash: SecretHash,
        scope: Scope,
        createdAt: Date,
        expires: Date?
    ) {
        self.id = id
        self.user = user
        self.name = name
        self.hash = hash
        self.scope = scope
        self.createdAt = createdAt
        self.expires = expires
    }
}

/// What an identity provider says happened to one of its users.
public struct IdentityEvent: Sendable {
    public enum Change: Sendable {
        case upsert(Person)
        case delete
    }

    public struct Person: Sendable {
        public let email: String
        /// Whether the provider has seen the person use the address: only then is it the same person as a member's.
        public let isVerified: Bool
        public let fullName: String?
        public let avatarURL: String?
        /// Nil where the provider does not say.
        public let roles: [String]?

        public init(email: String, isVerified: Bool, fullName: String?, avatarURL: String?, roles: [String]?) {
            self.email = email
            self.isVerified = isVerified
            self.fullName = fullName
            self.avatarURL = avatarURL
            self.roles = roles
        }
    }

    /// The delivery's id: the same one comes again when an answer is lost.
    public let id: String
    public let provider: String
    public let subject: String
    public let at: Date
    public let change: Change

    public init(id: String, provider: String, subject: String, at: Date, change: Change) {
        self.id = id
        self.provider = provider
        self.subject = subject
        self.at = at
        self.change = change
    }
}
