public import Domain

/// Takes batches of an import in.
public protocol ImportSink: Sendable {
    /// Stores all of the batch or nothing; rows that exist already are left as they are.
    ///
    /// - Parameter objects: where the bytes of the batch's files were put.
    /// - Returns: how many rows were new.
    /// - Throws: `ImportRejection` when one record cannot be stored.
    func store(_ batch: [ImportRecord], objects: [FileID: StoredObject]) async throws -> Int
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
