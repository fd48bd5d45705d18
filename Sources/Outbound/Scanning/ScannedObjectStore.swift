public import Domain
public import Foundation
public import Logging

/// An object store that keeps nothing a virus scanner objects to, nor what it could not look at.
///
/// Bytes are looked at once they are all there and before any row names them: a slow sender holds none of the scanner's
/// connections, and nobody can fetch what was not looked at.
public struct ScannedObjectStore: ObjectStore {
    private let store: any ObjectStore
    private let scanner: Clamd
    private let logger: Logger

    public init(_ store: any ObjectStore, scanner: Clamd, logger: Logger) {
        self.store = store
        self.scanner = scanner
        self.logger = logger
    }

    /// Parts of what is still coming in are looked at with the whole.
    public func put(_ pieces: some AsyncSequence<Data, any Error>, as role: ObjectRole, limit: Int) async throws
        -> PlacedObject
    {
        let object = try await store.put(pieces, as: role, limit: limit)
        guard role == .content else { return object }
        do {
            try await require(try await store.bytes(of: object.key, in: 0..<object.digest.size))
        } catch {
            try await store.withdraw(object)
            throw error
        }
        return object
    }

    public func put(_ bytes: Data, key: String) async throws {
        var rest: Data? = bytes
        try await require(
            ByteFeed {
                defer { rest = nil }
                return rest
            }
        )
        try await store.put(bytes, key: key)
    }

    private func require(_ bytes: ByteFeed) async throws {
        let verdict: Clamd.Verdict
        do {
            verdict = try await scanner.verdict(on: bytes)
        } catch let failure as ClamdFailure {
            logger.error("virus scanner failed", metadata: ["error": "\(failure)"])
            throw PublicError(
                .unavailable,
                "No file can be taken at the moment, as the virus scanner does not answer. Nothing was stored.",
                retryAfter: 30
            )
        }
        switch verdict {
        case .clean: return
        case .infected(let name):
            logger.warning("harmful file refused", metadata: ["signature": "\(name)"])
            throw PublicError(.invalid, "The virus scanner found \(name) in the file. Nothing was stored.")
        case .tooLarge:
            throw PublicError(
                .tooLarge,
                "The file is larger than the lab's virus scanner looks at (StreamMaxLength in clamd.conf). Nothing was stored."
            )
        }
    }

    // MARK: As it is below

    public func read(_ key: String, from offset: Int, count: Int) async throws -> Data {
        try await store.read(key, from: offset, count: count)
    }

    public func bytes(of key: String, in range: Range<Int>) async throws -> ByteFeed {
        try await store.bytes(of: key, in: range)
    }

    public func address(of key: String, sentAs headers: [String: String], seconds: Int) -> String? {
        store.address(of: key, sentAs: headers, seconds: seconds)
    }

    public func stage(_ size: Int, of type: String, seconds: Int) -> StagingPlace? {
        store.stage(size, of: type, seconds: seconds)
    }

    public func stagedSize(of key: String) async throws -> Int? { try await store.stagedSize(of: key) }

    public func release(_ keys: [String]) async throws { try await store.release(keys) }

    public func delete(_ key: String, unlessChangedSince time: Date) async throws -> Bool {
        try await store.delete(key, unlessChangedSince: time)
    }

    public func contains(_ key: String) async throws -> Bool { try await store.contains(key) }

    public func list(after key: String?, limit: Int) async throws -> [ObjectEntry] {
        try await store.list(after: key, limit: limit)
    }

    public func discardUnfinished(before time: Date) async throws -> Int {
        try await store.discardUnfinished(before: time)
    }
}
