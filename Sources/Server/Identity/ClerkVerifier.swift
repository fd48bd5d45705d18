public import Assistant
import Domain
public import Foundation
import JWTKit
import Synchronization

/// Verifies Clerk's session tokens, version 1 and 2, without a call per request.
public struct ClerkVerifier: TokenVerifier {
    private let issuer: String
    /// Origins that may act; empty accepts any.
    private let authorizedParties: Set<String>
    private let keys: KeySet
    private let accounts: any AccountStore
    private let known = KnownSubjects()
    private let now: @Sendable () -> Date

    /// - Parameter fetchKeys: gets the issuer's JWKS.
    public init(
        issuer: String,
        authorizedParties: Set<String>,
        accounts: any AccountStore,
        fetchKeys: @escaping @Sendable () async throws -> Data,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.issuer = issuer
        self.authorizedParties = authorizedParties
        self.accounts = accounts
        self.now = now
        keys = KeySet(fetch: fetchKeys)
    }

    public func verify(_ token: String) async throws -> VerifiedToken {
        guard let header = TokenHeader(token), header.alg == "RS256", let kid = header.kid,
            let collection = await keys.collection(holding: kid),
            let claims = try? await collection.verify(token, as: Claims.self)
        else { throw PublicError.badToken }
        guard claims.iss == issuer, claims.sts ?? "active" == "active", claims.isTimely(now: now()) else {
            throw PublicError.badToken
        }
        // With parties configured, a token that names none is no token for this site.
        guard authorizedParties.isEmpty || claims.azp.map(authorizedParties.contains) == true else {
            throw PublicError.badToken
        }
        return VerifiedToken(
            principal: Principal(user: try await user(claims.sub), credential: .init(.foreign, nil)),
            expires: Date(timeIntervalSince1970: claims.exp)
        )
    }

    private func user(_ subject: String) async throws -> UserID {
        if let user = known.user(subject) { return user }
        guard let user = try await accounts.user(provider: "clerk", subject: subject) else {
            throw PublicError(.unauthenticated, "You are not a member of this lab yet. Try again in a moment.")
        }
        known.remember(subject, user)
        return user
    }

    private struct Claims: JWTPayload {
        let iss: String
        let sub: String
        let azp: String?
        let sts: String?
        let iat: Double
        let nbf: Double
        let exp: Double

        /// Times are checked by `isTimely(now:)`, which knows the skew.
        func verify(using algorithm: some JWTAlgorithm) {}

        func isTimely(now: Date) -> Bool {
            let now = now.timeIntervalSince1970
            let skew = SessionClaims.clockSkew
            return now < exp + skew && now > nbf - skew && now > iat - skew
        }
    }
}

/// Who is whom at the provider; never changes once known. Who was deactivated sees nothing all the same.
private final class KnownSubjects: Sendable {
    private static let most = 10_000
    private let users = Mutex<[String: UserID]>([:])

    func user(_ subject: String) -> UserID? {
        users.withLock { $0[subject] }
    }

    func remember(_ subject: String, _ user: UserID) {
        users.withLock { users in
            if users.count >= Self.most { users.removeAll() }
            users[subject] = user
        }
    }
}

/// The issuer's keys: fetched when first needed, refreshed every five minutes and when an unknown one shows up, at most
/// every ten seconds; kept while the issuer is down.
private actor KeySet {
    private static let life: Duration = .seconds(300)
    private static let shortestPause: Duration = .seconds(10)

    private let fetch: @Sendable () async throws -> Data
    private var collection: JWTKeyCollection?
    private var identifiers: Set<String> = []
    private var fetchedAt: ContinuousClock.Instant?
    private var triedAt: ContinuousClock.Instant?
    /// Under way: who comes meanwhile waits for it, and who leaves does not end it.
    private var refreshing: Task<Void, Never>?

    init(fetch: @escaping @Sendable () async throws -> Data) {
        self.fetch = fetch
    }

    func collection(holding kid: String) async -> JWTKeyCollection? {
        let isFresh = fetchedAt.map { .now - $0 < Self.life } ?? false
        if !isFresh || !identifiers.contains(kid) { await refresh() }
        return identifiers.contains(kid) ? collection : nil
    }

    private func refresh() async {
        if let refreshing { return await refreshing.value }
        if let triedAt, .now - triedAt < Self.shortestPause { return }
        triedAt = .now
        let task = Task { await take() }
        refreshing = task
        await task.value
        refreshing = nil
    }

    private func take() async {
        // While the issuer is down the keys that are known stay good.
        guard let data = try? await fetch(), let keySet = try? JSONDecoder().decode(JWKS.self, from: data) else {
            return
        }
        let fresh = JWTKeyCollection()
        var names: Set<String> = []
        for key in keySet.keys where key.keyType == .rsa {
            guard let name = key.keyIdentifier?.string, (try? await fresh.add(jwk: key)) != nil else { continue }
            names.insert(name)
        }
        guard !names.isEmpty else { return }
        (collection, identifiers, fetchedAt) = (fresh, names, .now)
    }
}
