import Crypto
import Domain
import Foundation
import Glibc

/// Signs and checks the short-lived permissions to move one file's bytes: a signature binds what may be done, to which
/// file, by whom, how much of which type, and until when.
public struct FileTokens: Sendable {
    enum Action: String, Codable { case upload, download }

    struct Permission: Codable {
        let action: Action
        let file: FileID
        let user: UserID
        /// Of an upload: at most so many bytes, of this type.
        let size: Int
        let type: String
        /// Seconds since 1970.
        let expires: Int
    }

    /// Seconds that a permission lasts.
    static let life = 300

    private let key: SymmetricKey

    /// - Parameter keyFile: 32 random bytes, made when missing.
    public init(keyFile: String) throws {
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

    func token(_ permission: Permission) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = Self.encoded(try encoder.encode(permission))
        return "\(text).\(signature(text))"
    }

    /// Nil for anything but an unexpired permission of ours for just this.
    func permission(_ token: String, to action: Action, _ file: FileID, now: Date = Date()) -> Permission? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard token.utf8.count < 2048, parts.count == 2,
            // As texts: another encoding of the same bytes is another token.
            Self.areEqual(signature(String(parts[0])), String(parts[1])),
            let data = Self.decoded(String(parts[0])),
            let permission = try? JSONDecoder().decode(Permission.self, from: data),
            permission.action == action, permission.file == file,
            Double(permission.expires) > now.timeIntervalSince1970
        else { return nil }
        return permission
    }

    private func signature(_ text: String) -> String {
        Self.encoded(Data(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key)))
    }

    /// Takes the same time wherever the texts differ.
    private static func areEqual(_ left: String, _ right: String) -> Bool {
        let (one, other) = (Array(left.utf8), Array(right.utf8))
        guard one.count == other.count else { return false }
        return zip(one, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func encoded(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static func decoded(_ text: String) -> Data? {
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.count % 4) % 4))
    }
}
