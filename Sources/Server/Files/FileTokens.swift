import Domain
import Foundation

/// Signs and checks the short-lived permissions to move one file's bytes: a signature binds what may be done, to which
/// file, by whom, how much of which type, and until when.
public struct FileTokens: Sendable {
    enum Action: String, Codable {
        case upload, download
        /// Has the server look at what was put past it, and take it.
        case complete
    }

    struct Permission: Codable {
        let action: Action
        let file: FileID
        let user: UserID
        /// Of an upload: at most so many bytes, of this type; just so many where they come past the server.
        let size: Int
        let type: String
        /// Seconds since 1970.
        let expires: Int
        /// The file's link version when this was signed; nil for an upload that is its first.
        var version: Int?
        /// Of an upload: the key of the content that it takes the place of.
        var replaces: String?
        /// Of a download: what the file held before, not what it holds now.
        var earlier: VersionID?
        /// Of a completion: the key under which the bytes wait.
        var staged: String?
    }

    /// Seconds that a permission lasts.
    static let life = 300

    /// Seconds in which what was put past the server has to be completed: a large file may be long on its way.
    static let completionLife = 86_400

    static func expiry(after life: Int = life, from now: Date = Date()) -> Int { Int(now.timeIntervalSince1970) + life }

    private let secret: SigningSecret

    /// - Parameter keyFile: 32 random bytes, made when missing.
    public init(keyFile: String) throws {
        secret = try SigningSecret(keyFile: keyFile)
    }

    func token(_ permission: Permission) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = Base64URL.encoded(try encoder.encode(permission))
        return "\(text).\(secret.signature(of: text))"
    }

    /// Nil for anything but an unexpired permission of ours for just this.
    func permission(_ token: String, to action: Action, _ file: FileID, now: Date = Date()) -> Permission? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard token.utf8.count < 2048, parts.count == 2, secret.signs(parts[0], with: parts[1]),
            let data = Base64URL.decoded(parts[0]),
            let permission = try? JSONDecoder().decode(Permission.self, from: data),
            permission.action == action, permission.file == file,
            Double(permission.expires) > now.timeIntervalSince1970
        else { return nil }
        return permission
    }
}
