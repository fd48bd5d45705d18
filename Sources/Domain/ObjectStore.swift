public import Foundation

/// Where the bytes of files live, addressed by keys that Labsync makes (never by names that people give).
public protocol ObjectStore: Sendable {
    /// Stores what streams in under a key of the store's choosing, whole or not at all, in memory independent of its
    /// size.
    ///
    /// - Parameter limit: bytes; throws `PublicError(.tooLarge)` beyond it.
    func put(_ pieces: some AsyncSequence<Data, any Error>, as role: ObjectRole, limit: Int) async throws
        -> PlacedObject
    /// Stores an object whole or not at all; an existing one under the same key is replaced.
    func put(_ bytes: Data, key: String) async throws

    /// A part of an object, shorter at its end. Throws `PublicError(.notFound)` where there is no such object.
    func read(_ key: String, from offset: Int, count: Int) async throws -> Data
    /// A part of an object, as it is fetched; throws when it ends before the range does.
    func bytes(of key: String, in range: Range<Int>) async throws -> ByteFeed
    /// Where whoever has the address fetches an object from the store itself; nil where only the server has it.
    ///
    /// - Parameter headers: what it is sent with, by lower-case name.
    func address(of key: String, sentAs headers: [String: String], seconds: Int) -> String?
    /// Where whoever has the address puts exactly so many bytes of a type, past the server, to be looked at and taken
    /// by it afterwards; nil where all bytes come through the server.
    func stage(_ size: Int, of type: String, seconds: Int) -> StagingPlace?
    /// Bytes of what was put there; nil while nothing was.
    func stagedSize(of key: String) async throws -> Int?

    /// Gives up objects that no row names any more: at once, or where equal contents share an object by the sweeper,
    /// when nobody can be about to name it.
    func release(_ keys: [String]) async throws
    /// Deletes an object that nobody has put since. False when somebody did.
    func delete(_ key: String, unlessChangedSince time: Date) async throws -> Bool
    func contains(_ key: String) async throws -> Bool
    /// Objects in the order of their keys' bytes, after one.
    func list(after key: String?, limit: Int) async throws -> [ObjectEntry]
    /// Gives up what writers that ended before their time left behind. Says how many.
    func discardUnfinished(before time: Date) async throws -> Int
}

extension ObjectStore {
    public func address(of key: String, sentAs headers: [String: String], seconds: Int) -> String? { nil }
    public func stage(_ size: Int, of type: String, seconds: Int) -> StagingPlace? { nil }
    public func stagedSize(of key: String) async throws -> Int? { nil }

    /// Gives up objects that no row names any more, as far as that can be done now; what stays behind the sweeper finds.
    ///
    /// For when the rows are changed already: it is no failure of that.
    public func discard(_ keys: [String]) async { try? await release(keys) }

    /// Takes back what was put and gets no row, unless an equal content was there or came meanwhile.
    public func withdraw(_ object: PlacedObject) async throws {
        guard object.isNew else { return }
        _ = try await delete(object.key, unlessChangedSince: object.changed)
    }

    /// Takes back what was put and got no row; where it may have got one all the same, the sweeper looks later.
    ///
    /// - Parameter error: what came in place of the row.
    public func withdraw(_ object: PlacedObject, after error: any Error) async throws {
        guard (error as? any UncertainFailure)?.mayHaveHappened != true else { return }
        try await withdraw(object)
    }
}

public enum ObjectRole: Sendable {
    /// What a file holds; equal contents may share an object.
    case content
    /// A part of what is still coming in; one row names it, and none after that.
    case part
}

/// What was stored, and where.
public struct PlacedObject: Sendable {
    public let key: String
    public let digest: ObjectDigest
    /// Was there no object under this key before?
    public let isNew: Bool
    public let changed: Date

    public init(key: String, digest: ObjectDigest, isNew: Bool, changed: Date) {
        self.key = key
        self.digest = digest
        self.isNew = isNew
        self.changed = changed
    }
}

/// Where bytes wait that the server has not looked at. No row ever names the key.
public struct StagingPlace: Sendable {
    public let key: String
    public let address: String

    public init(key: String, address: String) {
        self.key = key
        self.address = address
    }
}

/// An object as it is listed.
public struct ObjectEntry: Sendable {
    public let key: String
    public let changed: Date

    public init(key: String, changed: Date) {
        self.key = key
        self.changed = changed
    }
}

/// What bytes are.
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

extension PublicError {
    /// A row names an object that is not there, or not all of it.
    public static let contentMissing = PublicError(.notFound, "The file's content is missing.")
}
