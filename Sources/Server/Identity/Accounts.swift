public import Assistant
import Domain
public import Foundation

/// Sign-up, sign-in and what follows from them, for the built-in issuer.
public struct Accounts: Sendable {
    static let refreshLife: TimeInterval = 30 * 86_400
    static let invitationLife: TimeInterval = 7 * 86_400

    let store: any AccountStore
    public let issuer: BuiltInIssuer
    let revoked: RevokedFamilies
    let isSignUpOpen: Bool
    private let hasher = PasswordHasher()
    private let limiter = SignInLimiter()
    private let now: @Sendable () -> Date

    public init(
        store: any AccountStore,
        issuer: BuiltInIssuer,
        revoked: RevokedFamilies,
        isSignUpOpen: Bool,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.store = store
        self.issuer = issuer
        self.revoked = revoked
        self.isSignUpOpen = isSignUpOpen
        self.now = now
    }

    struct Session: Encodable {
        let accessToken: String
        let tokenType = "bearer"
        let expiresIn: Int
        let expiresAt: Int
        let refreshToken: String
        let userID: UserID

        enum CodingKeys: String, CodingKey {
            case accessToken = "access_token"
            case tokenType = "token_type"
            case expiresIn = "expires_in"
            case expiresAt = "expires_at"
            case refreshToken = "refresh_token"
            case userID = "user_id"
        }
    }

    func signUp(email: String, password: String, fullName: String?, invitation: String?) async throws -> Session {
        let email = email.trimmingCharacters(in: .whitespaces)
        try Self.check(email: email)
        try Self.check(password: password)
        try Limits.check(fullName, "full_name", Limits.name)
        let account = NewAccount(email: email, fullName: fullName, passwordHash: try await hasher.hash(password))
        let user = try await store.signUp(account, invitation: invitation.map(Secret.hash), isOpen: isSignUpOpen)
        return try await session(user)
    }

    func signIn(email: String, password: String, address: String) async throws -> Session {
        let keys = ["account:\(email.lowercased())", "address:\(address)"]
        try limiter.require(keys)
        guard email.utf8.count <= Limits.name, password.utf8.count <= Self.longestPassword else { throw Self.wrong }
        let credentials = try await store.credentials(email: email.trimmingCharacters(in: .whitespaces))
        guard try await hasher.verify(password, against: credentials?.passwordHash), let credentials else {
            limiter.fail(keys)
            throw Self.wrong
        }
        limiter.succeed(keys[0])
        return try await session(credentials.user)
    }

    func refresh(_ token: String) async throws -> Session {
        let next = Secret.make(prefix: "lsr_")
        let expires = now().addingTimeInterval(Self.refreshLife)
        guard let owner = try await store.rotate(Secret.hash(token), to: Secret.hash(next), expires: expires) else {
            try await forgetRevoked()
            throw PublicError.badToken
        }
        return try await session(owner.user, family: owner.family, refreshToken: next)
    }

    func signOut(_ token: VerifiedToken, everywhere: Bool) async throws {
        if everywhere {
            for family in try await store.closeAll(of: token.principal.user) { revoked.revoke(family, at: now()) }
        }
        guard let family = token.family else { return }
        try await store.close(family: family, of: token.principal.user)
        revoked.revoke(family, at: now())
    }

    func changePassword(_ token: VerifiedToken, from current: String, to next: String) async throws -> Session {
        let key = ["account:\(token.principal.user)"]
        try limiter.require(key)
        try Self.check(password: next, field: "new_password")
        let credentials = try await store.credentials(of: token.principal.user)
        guard try await hasher.verify(current, against: credentials?.passwordHash) else {
            limiter.fail(key)
            throw PublicError(.invalid, "The current password is wrong.", fields: [.init("/password", "is wrong")])
        }
        try await setPassword(next, of: token.principal.user)
        return try await session(token.principal.user)
    }

    func resetPassword(_ password: String, with token: String) async throws -> Session {
        try Self.check(password: password, field: "new_password")
        let hash = try await hasher.hash(password)
        guard let user = try await store.resetPassword(hash, with: Secret.hash(token)) else {
            throw PublicError(.invalid, "This reset link is not valid or was used.")
        }
        try await forgetRevoked()
        return try await session(user)
    }

    /// For somebody new a way in; for a member a new password. The token is handed over by the owner.
    func invite(email: String, role: String, by owner: UserID) async throws -> (token: String, expires: Date) {
        try Self.check(email: email)
        let token = Secret.make(prefix: "lsi_")
        let expires = now().addingTimeInterval(Self.invitationLife)
        try await store.invite(
            Invitation(token: Secret.hash(token), email: email, role: role, expires: expires),
            by: owner
        )
        return (token, expires)
    }

    func makePersonalToken(
        named name: String,
        scope: PersonalToken.Scope,
        days: Int?,
        for user: UserID
    ) async throws -> (token: String, kept: PersonalToken) {
        try Limits.check(name, "name", Limits.name)
        let token = Secret.make(prefix: PersonalTokens.prefix)
        let kept = PersonalToken(
            id: UUID(),
            user: user,
            name: name,
            hash: Secret.hash(token),
            scope: scope,
            createdAt: now(),
            expires: days.map { now().addingTimeInterval(TimeInterval($0) * 86_400) }
        )
        try await store.add(kept)
        return (token, kept)
    }

    /// What was revoked elsewhere, or before this process started.
    public func forgetRevoked() async throws {
        let since = now().addingTimeInterval(-AccessToken.life - 60)
        for family in try await store.familiesRevoked(since: since) { revoked.revoke(family, at: now()) }
    }
}

extension Accounts {
    private static let longestPassword = 1024
    private static let shortestPassword = 8
    private static let wrong = PublicError(.unauthenticated, "The e-mail address or the password is wrong.")

    private func session(_ user: UserID) async throws -> Session {
        let refresh = Secret.make(prefix: "lsr_")
        let family = UUID()
        try await store.open(
            NewSession(
                user: user,
                family: family,
                refresh: Secret.hash(refresh),
                expires: now().addingTimeInterval(Self.refreshLife)
            )
        )
        return try await session(user, family: family, refreshToken: refresh)
    }

    private func session(_ user: UserID, family: UUID, refreshToken: String) async throws -> Session {
        let life = Int(AccessToken.life)
        return Session(
            accessToken: try await issuer.token(for: user, seconds: life, family: family),
            expiresIn: life,
            expiresAt: Int(now().timeIntervalSince1970) + life,
            refreshToken: refreshToken,
            userID: user
        )
    }

    private func setPassword(_ password: String, of user: UserID) async throws {
        let families = try await store.closeAll(of: user)
        try await store.setPassword(try await hasher.hash(password), of: user)
        for family in families { revoked.revoke(family, at: now()) }
    }

    private static func check(email: String) throws {
        try Limits.check(email, "email", Limits.name)
        guard email.wholeMatch(of: /[^@\s]+@[^@\s]+/) != nil else {
            throw Limits.invalid("email", "must be an e-mail address")
        }
    }

    private static func check(password: String, field: String = "password") throws {
        guard (shortestPassword...longestPassword).contains(password.utf8.count) else {
            throw Limits.invalid(field, "must have \(shortestPassword) to \(longestPassword) bytes")
        }
    }
}
