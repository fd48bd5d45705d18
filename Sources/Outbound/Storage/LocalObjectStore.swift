import Crypto
public import Domain
public import Foundation
import Glibc

/// Objects as files in one folder, named after what is in them, so that equal contents are stored once.
///
/// A file appears under its name only when all of it is on the disk. With a key ring what is written is encrypted; what
/// was written before, in another way or with an earlier key, stays readable.
public struct LocalObjectStore: ObjectStore {
    let folder: String
    let threads: FileThreads
    let ring: KeyRing
    private let isSealing: Bool

    /// Bytes that are read at a time.
    private static let piece = 1 << 20
    /// Seconds within which whoever has put an object has named it in a row.
    private static let grace: TimeInterval = 3600
    private static let parts = "parts/"

    /// - Parameters:
    ///   - ring: names objects, and opens those that were sealed.
    ///   - isSealing: is what is written encrypted?
    public init(folder: String, ring: KeyRing, isSealing: Bool) throws {
        self.folder = folder
        self.ring = ring
        self.isSealing = isSealing
        threads = FileThreads(count: 4)
        try FileManager.default.createDirectory(atPath: "\(folder)/.incoming", withIntermediateDirectories: true)
    }

    // MARK: Writing

    public func put(_ bytes: Data, key: String) async throws {
        _ = try path(of: key)
        var rest: Data? = bytes
        let feed = ByteFeed {
            defer { rest = nil }
            return rest
        }
        _ = try await write(feed, limit: .max) { _ in key }
    }

    public func put(_ pieces: some AsyncSequence<Data, any Error>, as role: ObjectRole, limit: Int) async throws
        -> PlacedObject
    {
        try await write(pieces, limit: limit) { hash in
            guard role == .content else { return "\(Self.parts)\(UUID().uuidString.lowercased())" }
            // Who sees the folder's names cannot tell whether it has a file that they have.
            let name = HMAC<SHA256>.authenticationCode(for: hash, using: ring.naming).hexadecimal
            return "content/\(name.prefix(2))/\(name)"
        }
    }

    private func write(
        _ pieces: some AsyncSequence<Data, any Error>,
        limit: Int,
        named name: (Data) -> String
    ) async throws -> PlacedObject {
        try await withTaskExecutorPreference(threads) {
            let partial = "\(folder)/.incoming/\(UUID().uuidString).partial"
            do {
                let seal = isSealing ? try Seal(ring) : nil
                let (size, hash) = try await Self.copy(pieces, to: partial, seal, limit: limit)
                let placed = try place(partial, under: name(hash), isSealed: seal != nil)
                return PlacedObject(
                    key: placed.key,
                    digest: ObjectDigest(size: size, sha256: hash.hexadecimal),
                    isNew: placed.isNew,
                    changed: placed.changed
                )
            } catch {
                unlink(partial)  // May never have been made; the error that led here matters more.
                guard (error as? FileFailure)?.isOutOfSpace != true else {
                    throw PublicError(.storageFull, "The server's disk is full. Nothing was stored.")
                }
                throw error
            }
        }
    }

    private static func copy(
        _ pieces: some AsyncSequence<Data, any Error>,
        to path: String,
        _ seal: Seal?,
        limit: Int
    ) async throws -> (size: Int, hash: Data) {
        let file = try OpenFile(creating: path)
        var writer = try seal.map { try SealWriter($0, to: file) }
        var (size, hash) = (0, SHA256())
        for try await piece in pieces {
            size += piece.count
            guard size <= limit else {
                throw PublicError(.tooLarge, "The file is larger than the \(limit) bytes that it may have.")
            }
            hash.update(data: piece)
            if writer == nil { try file.write(piece) } else { try writer?.write(piece) }
        }
        try writer?.finish()
        try file.synchronize()
        return (size, Data(hash.finalize()))
    }

    /// Gives a whole file its name. What was there under it is replaced, and counts as written now.
    private func place(_ partial: String, under key: String, isSealed: Bool) throws -> ObjectEntry.Placed {
        let plain = try path(of: key)
        let target = isSealed ? Self.sealed(plain) : plain
        let other = isSealed ? plain : Self.sealed(plain)
        let parent = URL(fileURLWithPath: target).deletingLastPathComponent().path
        try Self.makeFolder(parent)
        return try FolderTurn.take(folder, .shared) {
            let isNew = Self.changed(plain) == nil
            guard rename(partial, target) == 0 else { throw FileFailure.current("rename") }
            unlink(other)  // As a rule there is none.
            try OpenFile(folder: parent).synchronize()
            guard let changed = Self.changed(plain) else { throw FileFailure.current("stat") }
            return .init(key: key, isNew: isNew, changed: changed)
        }
    }

    // MARK: Reading

    public func read(_ key: String, from offset: Int, count: Int) async throws -> Data {
        let path = try path(of: key)
        return try await withTaskExecutorPreference(threads) {
            try StoredFile(path, ring).read(from: offset, count: count)
        }
    }

    public func bytes(of key: String, in range: Range<Int>) async throws -> ByteFeed {
        let path = try path(of: key)
        let file = try await withTaskExecutorPreference(threads) { try StoredFile(path, ring) }
        var offset = range.lowerBound
        return ByteFeed { [threads] in
            guard offset < range.upperBound else { return nil }
            // Pieces end where frames do, so that none is opened twice.
            let (start, count) = (offset, min(Self.piece - offset % Self.piece, range.upperBound - offset))
            let piece = try await withTaskExecutorPreference(threads) { try file.read(from: start, count: count) }
            guard !piece.isEmpty else { throw PublicError.contentMissing }
            offset += piece.count
            return piece
        }
    }

    public func contains(_ key: String) async throws -> Bool {
        let path = try path(of: key)
        return await withTaskExecutorPreference(threads) { Self.changed(path) != nil }
    }

    // MARK: Giving up

    public func release(_ keys: [String]) async throws {
        for key in keys {
            let isShared = !key.hasPrefix(Self.parts)
            _ = try await delete(key, unlessChangedSince: isShared ? Date() - Self.grace : .distantFuture)
        }
    }

    public func delete(_ key: String, unlessChangedSince time: Date) async throws -> Bool {
        let path = try path(of: key)
        return try await withTaskExecutorPreference(threads) {
            // Nobody puts it between the look and the deletion.
            try FolderTurn.take(folder, .exclusive) {
                guard let changed = Self.changed(path), changed <= time else { return false }
                let (plain, sealed) = (unlink(path), unlink(Self.sealed(path)))
                return plain == 0 || sealed == 0
            }
        }
    }

    // MARK: Names

    /// Keys are made by Labsync; one that leaves the folder is a defect.
    func path(of key: String) throws -> String {
        guard !key.isEmpty, !key.hasPrefix("/"), !key.hasPrefix("."), !key.split(separator: "/").contains("..") else {
            throw PublicError(.invalid, "No such object.")
        }
        return "\(folder)/\(key)"
    }

    static let sealedSuffix = ".sealed"

    static func sealed(_ path: String) -> String { path + sealedSuffix }

    /// When it was written, sealed or plain; nil when it is not there.
    static func changed(_ path: String) -> Date? {
        [sealed(path), path].compactMap { status(of: $0)?.changed }.max()
    }

    /// A folder is there for good only when the one above it is on the disk.
    private static func makeFolder(_ path: String) throws {
        if mkdir(path, 0o700) == 0 {
            return try OpenFile(folder: URL(fileURLWithPath: path).deletingLastPathComponent().path).synchronize()
        }
        switch errno {
        case EEXIST: return
        case ENOENT:
            try makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
            try makeFolder(path)
        default: throw FileFailure.current("mkdir")
        }
    }
}

extension ObjectEntry {
    /// What became of a file that was given its name.
    struct Placed {
        let key: String
        let isNew: Bool
        let changed: Date
    }
}

extension Sequence<UInt8> {
    /// Two digits a byte, lower case.
    var hexadecimal: String {
        map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined()
    }
}
