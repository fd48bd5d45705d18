import Domain
import Foundation
import Server
import Testing

struct BuiltInIssuerTests {
    private let user = UserID()
    private let start = Date(timeIntervalSince1970: 1_800_000_000)

    private func withIssuer(
        _ name: String = "labsync",
        at moment: Date,
        folder: String? = nil,
        _ body: (BuiltInIssuer, String) async throws -> Void
    ) async throws {
        let folder = folder ?? "\(NSTemporaryDirectory())labsync-keys-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(try await BuiltInIssuer(name: name, keyFolder: folder, now: { moment }), folder)
    }

    @Test func `a token names its user until it ends`() async throws {
        try await withIssuer(at: start) { issuer, folder in
            let token = try await issuer.token(for: user, seconds: 60)
            let early = try await BuiltInIssuer(name: "labsync", keyFolder: folder, now: { start + 64 })
            let late = try await BuiltInIssuer(name: "labsync", keyFolder: folder, now: { start + 66 })
            let before = try await BuiltInIssuer(name: "labsync", keyFolder: folder, now: { start - 6 })

            #expect(try await issuer.verify(token).principal.user == user)
            #expect(try await early.verify(token).principal.user == user)
            await #expect(throws: PublicError.self) { try await late.verify(token) }
            await #expect(throws: PublicError.self) { try await before.verify(token) }
        }
    }

    @Test func `a token of another issuer or another key is refused`() async throws {
        try await withIssuer(at: start) { issuer, folder in
            let token = try await issuer.token(for: user, seconds: 60)
            let namesake = try await BuiltInIssuer(name: "elsewhere", keyFolder: folder, now: { start })
            await #expect(throws: PublicError.self) { try await namesake.verify(token) }
            try await withIssuer(at: start) { other, _ in
                await #expect(throws: PublicError.self) { try await other.verify(token) }
            }
        }
    }

    @Test func `a revoked sign-in ends its tokens at once`() async throws {
        let folder = "\(NSTemporaryDirectory())labsync-keys-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let revoked = RevokedFamilies()
        let issuer = try await BuiltInIssuer(name: "labsync", keyFolder: folder, revoked: revoked)
        let family = UUID()
        let token = try await issuer.token(for: user, seconds: 60, family: family)
        _ = try await issuer.verify(token)
        revoked.revoke(family, at: Date())

        await #expect(throws: PublicError.self) { try await issuer.verify(token) }
    }

    @Test func `no changed byte of a token goes unnoticed`() async throws {
        try await withIssuer(at: start) { issuer, _ in
            let token = try await issuer.token(for: user, seconds: 60)
            let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
            let letters = Array(token)
            var tried = 0
            for place in letters.indices {
                var changed = letters
                let current = alphabet.firstIndex(of: letters[place]) ?? 0
                changed[place] = alphabet[(current + 31) % alphabet.count]
                tried += 1
                await #expect(throws: PublicError.self, "byte \(place)") { try await issuer.verify(String(changed)) }
            }
            #expect(tried > 200)
        }
    }

    @Test(arguments: [
        #"{"alg":"none","typ":"JWT","kid":"x"}"#,
        #"{"alg":"HS256","typ":"JWT","kid":"x"}"#,
        #"{"alg":"ES256","typ":"JWT"}"#,
        #"{"alg":"ES256","typ":"JWT","kid":"../../etc/passwd"}"#,
        #"{"alg":"ES256","typ":"JWT","kid":"x","crit":["b64"]}"#,
        #"{"alg":"ES256","typ":"JWT","kid":"x","jku":"https://evil.example/keys"}"#,
        #"{"alg":["ES256"],"kid":"x"}"#, "not json", "",
    ])
    func `a header that asks for trouble is refused`(header: String) async throws {
        try await withIssuer(at: start) { issuer, _ in
            let good = try await issuer.token(for: user, seconds: 60).split(separator: ".")
            let encoded = Data(header.utf8).base64EncodedString().replacingOccurrences(of: "=", with: "")
            for token in ["\(encoded).\(good[1]).\(good[2])", "\(encoded).\(good[1]).", encoded, "..", ""] {
                await #expect(throws: PublicError.self) { try await issuer.verify(token) }
            }
        }
    }

    @Test func `the published key set holds no private part`() async throws {
        try await withIssuer(at: start) { issuer, _ in
            let text = String(decoding: try issuer.jwks(), as: UTF8.self)

            #expect(text.contains("\"kty\":\"EC\""))
            #expect(!text.contains("\"d\""))
        }
    }
}
