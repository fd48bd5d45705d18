import Foundation

/// A prompt from a file, its placeholders known and its version that of its words.
public struct Prompt: Sendable {
    /// The prompt's name and a hash of its text, which changes with every change of wording.
    public let version: String
    private let text: String

    /// - Parameter placeholders: every one must occur, and no other may.
    public init(text: String, placeholders: Set<String>, name: String) throws {
        let found = Set(text.matches(of: /\{\{([a-z_]+)\}\}/).map { String($0.1) })
        guard found == placeholders else {
            let wrong = found.symmetricDifference(placeholders).sorted().joined(separator: ", ")
            throw PromptError(description: "The prompt \(name) lacks or has too many of these placeholders: \(wrong).")
        }
        self.text = text
        // FNV-1a, 64 bits: a version is no secret.
        let hash = text.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        version = "\(name)@\(String(hash, radix: 16))"
    }

    /// Values are put in as they are and not searched for placeholders.
    public func filled(_ values: [String: String]) -> String {
        text.replacing(/\{\{([a-z_]+)\}\}/) { values[String($0.1)] ?? "" }
    }
}

public struct PromptError: Error, CustomStringConvertible, Sendable {
    public let description: String
}
