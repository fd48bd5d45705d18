public import Domain
public import Foundation
import JWTKit

/// Issues and verifies session tokens with keys of its own, so that a lab can start without an account anywhere.
public struct BuiltInIssuer: TokenVerifier {
    public static let shortestLife = 1
    public static let longestLife = 365 * 86_400

    private let name: String
    private let keys: SigningKeys
    private let collection: JWTKeyCollection
    private let revoked: RevokedFamilies
    private let now: @Sendable () -> Date

    /// - Parameters:
    ///   - name: the `iss` claim.
    ///   - keyFolder: where the signing keys are kept.
    public init(
        name: String,
        keyFolder: String,
        revoked: RevokedFamilies = RevokedFamilies(),
        now: @escaping @Sendable () -> Date = { Date() }
    ) async throws {
        self.name = name
        self.revoked = revoked
        self.now = now
        keys = try SigningKeys(folder: keyFolder)
        collection = try await keys.collection()
    }

    /// A token for a user, good for so many seconds. `family` is the sign-in that it descends from.
    public func token(for user: UserID, seconds: Int, family: UUID = UUID()) async throws -> String {
        let time = Int(now().timeIntervalSince1970)
        let claims = SessionClaims(
            iss: name,
            sub: user.description,
            sid: "sess_\(family.uuidString.lowercased())",
            sts: "active",
            role: "authenticated",
            v: 2,
            iat: time,
            nbf: time,
            exp: time + seconds
        )
        return try await collection.sign(claims, kid: JWKIdentifier(string: keys.newest))
    }

    public func verify(_ token: String) async throws -> VerifiedToken {
        // Only our algorithm and a key of ours: headers that point elsewhere are not followed.
        guard TokenHeader(token)?.alg == "ES256",
            let claims = try? await collection.verify(token, as: SessionClaims.self),
            claims.iss == name, claims.sts ?? "active" == "active", claims.isTimely(now: now()),
            let user = UserID(claims.sub)
        else { throw PublicError.badToken }
        let family = UUID(uuidString: String(claims.sid.dropFirst(5)))
        if let family, revoked.contains(family) { throw PublicError.badToken }
        return VerifiedToken(
            principal: Principal(user: user, credential: .init(.session, family)),
            expires: Date(timeIntervalSince1970: TimeInterval(claims.exp))
        )
    }

    /// Whether the sign-in that a token descends from was ended.
    func isRevoked(_ token: VerifiedToken) -> Bool {
        token.family.map(revoked.contains) ?? false
    }

    public func jwks() throws -> Data {
        try keys.jwks()
    }
}
