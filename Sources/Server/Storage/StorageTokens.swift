import Assistant
import Domain
import Foundation

/// Signs and checks the addresses of `/storage/v1`: JSON Web Tokens (HS256) for one place and one thing to do there.
public struct StorageTokens: Sendable {
    /// What a token permits. Names are the protocol's; the signer's rights count again when it is used.
    struct Claims: Codable {
        enum Scope: String, Codable { case download, upload }

        /// `bucket/path`.
        let url: String
        let scope: Scope
        let owner: UserID
        /// Of an upload: may it replace what is there?
        var upsert: Bool?
        /// Of a download: the object, and its link version when this was signed.
        var file: FileID?
        var version: Int?
        /// Seconds since 1970.
        let iat: Int
        let exp: Int
    }

    enum Flaw: Error {
        case malformed, signature, expired
    }

    /// Seconds that an upload may begin after it was signed.
    static let uploadLife = 7200

    /// Only this is ever accepted: no other algorithm can be asked for.
    private static let header = Base64URL.encoded(Data(#"{"alg":"HS256","typ":"JWT"}"#.utf8))

    private let secret: SigningSecret

    /// - Parameter keyFile: 32 random bytes, made when missing.
    public init(keyFile: String) throws {
        secret = try SigningSecret(keyFile: keyFile)
    }

    func token(_ claims: Claims) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = "\(Self.header).\(Base64URL.encoded(try encoder.encode(claims)))"
        return "\(text).\(secret.signature(of: text))"
    }

    /// - Parameter place: nil where it is compared later.
    func claims(
        _ token: String,
        for scope: Claims.Scope,
        at place: ObjectPlace?,
        now: Date = Date()
    ) throws(Flaw) -> Claims {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard token.utf8.count < 8192, parts.count == 3, parts[0] == Self.header else { throw .malformed }
        guard secret.signs("\(parts[0]).\(parts[1])", with: parts[2]) else { throw .signature }
        guard let data = Base64URL.decoded(parts[1]), let claims = try? JSONDecoder().decode(Claims.self, from: data)
        else { throw .malformed }
        guard claims.scope == scope, claims.url == place?.description ?? claims.url else { throw .signature }
        guard Double(claims.exp) > now.timeIntervalSince1970 else { throw .expired }
        return claims
    }
}
