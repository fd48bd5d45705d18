public import Foundation

/// Where the bytes of files live, addressed by keys that Labsync makes (never by names that people give).
public protocol ObjectStore: Sendable {
    /// Stores an object whole or not at all; an existing one under the same key is replaced.
    func put(_ bytes: Data, key: String) async throws
    /// Throws `PublicError(.notFound)` where there is no such object.
    func get(_ key: String) async throws -> Data
    func delete(_ key: String) async throws
}
