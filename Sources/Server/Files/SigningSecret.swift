import Crypto
import Foundation
import Glibc

/// A secret of this server's own that its addresses are signed with.
struct SigningSecret: Sendable {
    private let key: SymmetricKey

    /// - Parameter keyFile: 32 random bytes, made when missing.
    init(keyFile: String) throws {
        if let bytes = FileManager.default.contents(atPath: keyFile), bytes.count == 32 {
            key = SymmetricKey(data: bytes)
        } else {
            key = SymmetricKey(size: .bits256)
            let bytes = key.withUnsafeBytes { Data($0) }
            let folder = URL(fileURLWithPath: keyFile).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try bytes.write(to: URL(fileURLWithPath: keyFile), options: .atomic)
            chmod(keyFile, 0o600)
        }
    }

    /// In base64url, without padding.
    func signature(of text: some StringProtocol) -> String {
        Base64URL.encoded(Data(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key)))
    }

    /// As texts: another encoding of the same bytes is another signature. Takes the same time wherever they differ.
    func signs(_ text: some StringProtocol, with signature: some StringProtocol) -> Bool {
        let (one, other) = (Array(self.signature(of: text).utf8), Array(signature.utf8))
        guard one.count == other.count else { return false }
        return zip(one, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// RFC 4648, 5, without padding.
enum Base64URL {
    static func encoded(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    static func decoded(_ text: some StringProtocol) -> Data? {
        let plain = String(text).replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.count % 4) % 4))
    }
}
