public import Domain

/// Takes batches of an import in.
public protocol ImportSink: Sendable {
    /// Stores all of the batch or nothing; rows that exist already are left as they are.
    ///
    /// - Parameters:
    ///   - objects: where the bytes of the batch's files were put.
    ///   - position: how far the import has come with this batch, kept with it.
    /// - Returns: how many rows were new.
    /// - Throws: `ImportRejection` when one record cannot be stored.
    func store(
        _ batch: [ImportRecord],
        objects: [FileID: StoredObject],
        upTo position: ImportPosition
    ) async throws -> Int

    /// How far an import of that name came that was not finished.
    func position(of name: String) async throws -> ImportPosition?

    /// The import is complete: begun again, it looks at everything again.
    func finish(_ name: String) async throws
}

/// How far an import has come.
public struct ImportPosition: Sendable, Equatable {
    /// What is imported, as its user named it.
    public let name: String
    /// Whole lines that are stored, and their bytes.
    public let lines: Int
    public let bytes: Int
    /// SHA-256 of those bytes: whoever goes on must find the same ones.
    public let digest: [UInt8]
    /// Whether one of those lines allowed times relative to today.
    public let allowsRelativeTimes: Bool

    public init(name: String, lines: Int, bytes: Int, digest: [UInt8], allowsRelativeTimes: Bool) {
        self.name = name
        self.lines = lines
        self.bytes = bytes
        self.digest = digest
        self.allowsRelativeTimes = allowsRelativeTimes
    }
}

/// One record of a batch that the database refused.
public struct ImportRejection: Error, Sendable {
    /// Position in the batch, from 0.
    public let index: Int
    public let reason: String

    public init(index: Int, reason: String) {
        self.index = index
        self.reason = reason
    }
}

/// Bytes that lie in the object store.
public struct StoredObject: Sendable, Equatable {
    public let key: String
    public let byteCount: Int
    /// Lower-case hexadecimal.
    public let sha256: String

    public init(key: String, byteCount: Int, sha256: String) {
        self.key = key
        self.byteCount = byteCount
        self.sha256 = sha256
    }
}
