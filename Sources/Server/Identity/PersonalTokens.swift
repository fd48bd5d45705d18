public import Assistant
import Crypto
import Domain
import Foundation

/// Long-lived tokens that members make for their tools; only their hashes are kept.
public struct PersonalTokens: TokenVerifier {
    static let prefix = "lsp_"

    private let accounts: any AccountStore

    public init(accounts: any AccountStore) {
        self.accounts = accounts
    }

    public func verify(_ token: String) async throws -> VerifiedToken {
        guard token.utf8.count < 200, let held = try await accounts.holder(of: Secret.hash(token)) else {
            throw PublicError.badToken
        }
        return VerifiedToken(
            principal: Principal(user: held.user, credential: .init(.personalToken, held.id)),
            expires: held.expires,
            isReadOnly: held.scope == .read
        )
    }
}

/// Secrets that are handed out once and kept as hashes.
enum Secret {
    /// 256 random bits, base64url.
    static func make(prefix: String = "") -> String {
        var random = SystemRandomNumberGenerator()
        let bytes = Data((0..<4).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } })
        return prefix
            + bytes.base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }

    static func hash(_ secret: String) -> SecretHash {
        Array(SHA256.hash(data: Data(secret.utf8)))
    }
}
