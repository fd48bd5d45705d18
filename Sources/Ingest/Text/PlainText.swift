import Foundation

/// Reads files that are text already.
enum PlainText {
    private static let readableTypes: Set<String> = [
        "application/json", "application/xml", "application/x-yaml", "application/yaml", "application/toml",
        "application/sql", "application/javascript", "application/x-sh",
    ]

    /// Bytes; a longer text is no text that somebody wrote.
    static let longest = 16 << 20

    static func isReadable(_ contentType: String) -> Bool {
        let type = mediaType(contentType)
        return type.hasPrefix("text/") || readableTypes.contains(type)
    }

    private static func mediaType(_ contentType: String) -> String {
        contentType.split(separator: ";").first?.trimmingCharacters(in: .whitespaces).lowercased() ?? ""
    }

    /// - Parameter bytes: one more than `longest` when there are more.
    static func text(of bytes: Data, contentType: String) throws(UnindexableFile) -> String {
        guard isReadable(contentType) else {
            throw UnindexableFile(reason: "Files of type \(mediaType(contentType)) cannot be read for their text yet.")
        }
        guard bytes.count <= longest else {
            throw UnindexableFile(
                reason: "The file is larger than the \(longest >> 20) MB that are read for their text."
            )
        }
        guard !bytes.contains(0), let text = String(data: bytes, encoding: .utf8) else {
            throw UnindexableFile(reason: "The file says it is text, but it is not valid UTF-8.")
        }
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw UnindexableFile(reason: "The file holds no text.")
        }
        return text
    }
}

/// A file whose text cannot be had, with a reason that a person understands.
struct UnindexableFile: Error {
    let reason: String
}
