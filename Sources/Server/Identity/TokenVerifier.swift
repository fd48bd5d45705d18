public import Domain
public import Foundation

/// Tells whom a token speaks for.
public protocol TokenVerifier: Sendable {
    /// Throws `PublicError(.unauthenticated)` for a token that is not good.
    func verify(_ token: String) async throws -> VerifiedToken
}

extension TokenVerifier {
    public func principal(of token: String) async throws -> Principal {
        try await verify(token).principal
    }
}

/// A token that was found good.
public struct VerifiedToken: Sendable {
    public let principal: Principal
    public let expires: Date?
    /// A token that may only read and ask.
    public let isReadOnly: Bool

    public init(principal: Principal, expires: Date?, isReadOnly: Bool = false) {
        self.principal = principal
        self.expires = expires
        self.isReadOnly = isReadOnly
    }

    /// The sign-in that it descends from, where it is one of ours.
    var family: UUID? {
        guard let credential = principal.credential, credential.kind == .session else { return nil }
        return credential.id
    }
}

extension PublicError {
    static let badToken = PublicError(.unauthenticated, "The token is not valid, or no longer. Sign in again.")
}

/// The header of a JWT, read before anything in it is believed.
struct TokenHeader: Decodable {
    let alg: String
    let kid: String?
    let typ: String?
    let crit: [String]?

    static let longestToken = 8192

    /// Nil when it is no JWT, or one that asks for more than an algorithm and a key.
    init?(_ token: String) {
        guard token.utf8.count <= Self.longestToken,
            let first = token.split(separator: ".", omittingEmptySubsequences: false).first
        else { return nil }
        var text = first.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        text += String(repeating: "=", count: (4 - text.count % 4) % 4)
        guard let data = Data(base64Encoded: text), let header = try? JSONDecoder().decode(Self.self, from: data),
            header.kid != nil, header.crit == nil, (header.typ ?? "JWT").uppercased() == "JWT"
        else { return nil }
        self = header
    }
}

/// Sends each token to whoever issued tokens of its kind.
public struct TokenVerifiers: TokenVerifier {
    private let builtIn: BuiltInIssuer
    private let clerk: ClerkVerifier?
    private let personal: PersonalTokens
    private let recent = RecentTokens()

    public init(builtIn: BuiltInIssuer, clerk: ClerkVerifier?, personal: PersonalTokens) {
        self.builtIn = builtIn
        self.clerk = clerk
        self.personal = personal
    }

    public func verify(_ token: String) async throws -> VerifiedToken {
        if let known = recent.find(token) {
            guard !builtIn.isRevoked(known) else { throw PublicError.badToken }
            return known
        }
        let verified = try await verifyAfresh(token)
        recent.keep(token, verified)
        return verified
    }

    private func verifyAfresh(_ token: String) async throws -> VerifiedToken {
        if token.hasPrefix(PersonalTokens.prefix) { return try await personal.verify(token) }
        // The algorithm only chooses the verifier; each accepts exactly one.
        switch TokenHeader(token)?.alg {
        case "ES256": return try await builtIn.verify(token)
        case "RS256": if let clerk { return try await clerk.verify(token) }
        default: break
        }
        throw PublicError.badToken
    }
}
