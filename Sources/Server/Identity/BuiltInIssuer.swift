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
    private let now: @Sendable () -> Date

    /// - Parameters:
    ///   - name: the `iss` claim.
    ///   - keyFolder: where the signing keys are kept.
    public init(name: String, keyFolder: String, now: @escaping @Sendable () -> Date = { Date() }) async throws {
        self.name = name
        self.now = now
        keys = try SigningKeys(folder: keyFolder)
        collection = try await keys.collection()
    }

    /// A token for a user, good for so many seconds.
    public func token(for user: UserID, seconds: Int) async throws -> String {
        let time = Int(now().timeIntervalSince1970)
        let claims = SessionClaims(
            iss: name,
            sub: user.description,
            sid: "sess_\(UUID().uuidString.lowercased())",
            sts: "active",
            role: "authenticated",
            v: 2,
            iat: time,
            nbf: time,
            exp: time + seconds
        )
        return try await collection.sign(claims, kid: JWKIdentifier(string: keys.newest))
    }

    public func principal(of token: String) async throws -> Principal {
        let refused = PublicError(.unauthenticated, "The token is not valid, or no longer. Sign in again.")
        guard Self.hasPinnedHeader(token), let claims = try? await collection.verify(token, as: SessionClaims.self),
            claims.iss == name, claims.sts ?? "active" == "active", claims.isTimely(now: now()),
            let user = UserID(claims.sub)
        else { throw refused }
        return Principal(user: user)
    }

    public func jwks() throws -> Data {
        try keys.jwks()
    }

    /// Only our algorithm and a key of ours: headers that point elsewhere are not followed.
    private static func hasPinnedHeader(_ token: String) -> Bool {
        struct Header: Decodable {
            let alg: String
            let kid: String?
            let typ: String?
            let crit: [String]?
        }
        guard token.utf8.count <= 8192, let first = token.split(separator: ".", omittingEmptySubsequences: false).first
        else { return false }
        var text = first.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        text += String(repeating: "=", count: (4 - text.count % 4) % 4)
        guard let data = Data(base64Encoded: text), let header = try? JSONDecoder().decode(Header.self, from: data)
        else { return false }
        return header.alg == "ES256" && header.kid != nil && header.crit == nil && header.typ ?? "JWT" == "JWT"
    }
}
