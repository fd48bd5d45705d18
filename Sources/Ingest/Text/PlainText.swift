import Foundation

/// Reads files that are text already.
enum PlainText {
    private static let readableTypes: Set<String> = [
        "application/json", "application/xml", "application/x-yaml", "application/yaml", "application/toml",
        "application/sql", "application/javascript", "application/x-sh",
    ]

    static func text(of bytes: Data, contentType: String) throws(UnindexableFile) -> String {
        let type = contentType.split(separator: ";")[0].trimmingCharacters(in: .whitespaces).lowercased()
        guard type.hasPrefix("text/") || readableTypes.contains(type) else {
            throw UnindexableFile(reason: "Files of type \(type) cannot be read for their text yet.")
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
