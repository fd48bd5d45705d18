public import Foundation

/// Where the bytes of files live, addressed by keys that Labsync makes (never by names that people give).
public protocol ObjectStore: Sendable {
    /// Stores an object whole or not at all; an existing one under the same key is replaced.
    func put(_ bytes: Data, key: String) async throws
    /// Throws `PublicError(.notFound)` where there is no such object.
    func get(_ key: String) async throws -> Data
    func delete(_ key: String) async throws

    /// Stores what streams in, whole or not at all, in memory independent of its size.
    ///
    /// - Parameter limit: bytes; throws `PublicError(.tooLarge)` beyond it.
    func put(_ pieces: some AsyncSequence<Data, any Error>, key: String, limit: Int) async throws -> ObjectDigest
    /// A part of an object, shorter at its end.
    func read(_ key: String, from offset: Int, count: Int) async throws -> Data
}

/// What was stored.
public struct ObjectDigest: Sendable {
    /// Bytes.
    public let size: Int
    /// Hexadecimal, lower case.
    public let sha256: String

    public init(size: Int, sha256: String) {
        self.size = size
        self.sha256 = sha256
    }
}
