/// Reads the text of files, whatever they are.
public protocol TextExtractor: Sendable {
    /// - Throws: `UnindexableFile` when the file has no text that can be had; other errors may pass.
    func text(of file: FileToRead) async throws -> ExtractedText
}

/// A file's bytes, and what its uploader says of them.
public struct FileToRead: Sendable {
    public let objectKey: String
    public let name: String
    public let contentType: String

    public init(objectKey: String, name: String, contentType: String) {
        self.objectKey = objectKey
        self.name = name
        self.contentType = contentType
    }
}

/// A file whose text cannot be had, with a reason that a person understands.
public struct UnindexableFile: Error, Equatable {
    public let reason: String

    public init(reason: String) {
        self.reason = reason
    }
}
