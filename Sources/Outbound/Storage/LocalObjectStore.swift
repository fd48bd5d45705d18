import Crypto
public import Domain
public import Foundation
import Glibc

/// Objects as files in one folder. A file appears under its name only when all of it is on the disk.
public struct LocalObjectStore: ObjectStore {
    let folder: String
    let threads = FileThreads(count: 4)

    /// Bytes that are read at a time.
    private static let piece = 1 << 20

    public init(folder: String) throws {
        self.folder = folder
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    public func put(_ bytes: Data, key: String) async throws {
        var rest: Data? = bytes
        let feed = ByteFeed {
            defer { rest = nil }
            return rest
        }
        _ = try await put(feed, key: key, limit: .max)
    }

    public func delete(_ key: String) async throws {
        let path = try path(of: key)
        try await withTaskExecutorPreference(threads) {
            guard unlink(path) == 0 || errno == ENOENT else { throw FileFailure.current("unlink") }
        }
    }

    public func delete(_ key: String, unlessChangedSince time: Date) async throws -> Bool {
        let path = try path(of: key)
        return await withTaskExecutorPreference(threads) {
            guard let changed = Self.status(of: path)?.changed else { return false }
            guard changed <= time else { return false }
            return unlink(path) == 0
        }
    }

    public func contains(_ key: String) async throws -> Bool {
        let path = try path(of: key)
        return await withTaskExecutorPreference(threads) { Self.status(of: path) != nil }
    }

    public func put(
        _ pieces: some AsyncSequence<Data, any Error>,
        key: String,
        limit: Int
    ) async throws -> ObjectDigest {
        let target = try path(of: key)
        return try await withTaskExecutorPreference(threads) {
            let parent = URL(fileURLWithPath: target).deletingLastPathComponent().path
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
            let partial = "\(parent)/.\(UUID().uuidString).partial"
            do {
                let digest = try await Self.write(pieces, to: partial, limit: limit)
                guard rename(partial, target) == 0 else { throw FileFailure.current("rename") }
                try OpenFile(folder: parent).synchronize()
                return digest
            } catch {
                unlink(partial)  // May never have been made; the error that led here matters more.
                guard (error as? FileFailure)?.isOutOfSpace != true else {
                    throw PublicError(.storageFull, "The server's disk is full. Nothing was stored.")
                }
                throw error
            }
        }
    }

    private static func write(
        _ pieces: some AsyncSequence<Data, any Error>,
        to path: String,
        limit: Int
    ) async throws -> ObjectDigest {
        let file = try OpenFile(creating: path)
        var (size, hash) = (0, SHA256())
        for try await piece in pieces {
            size += piece.count
            guard size <= limit else {
                throw PublicError(.tooLarge, "The file is larger than the \(limit) bytes that it may have.")
            }
            hash.update(data: piece)
            try file.write(piece)
        }
        try file.synchronize()
        return ObjectDigest(size: size, sha256: hash.finalize().hexadecimal)
    }

    public func read(_ key: String, from offset: Int, count: Int) async throws -> Data {
        let path = try path(of: key)
        return try await withTaskExecutorPreference(threads) {
            try OpenFile(reading: path).read(from: offset, count: count)
        }
    }

    public func bytes(of key: String, in range: Range<Int>) async throws -> ByteFeed {
        let path = try path(of: key)
        let file = try await withTaskExecutorPreference(threads) { try OpenFile(reading: path) }
        var offset = range.lowerBound
        return ByteFeed { [threads] in
            guard offset < range.upperBound else { return nil }
            let (start, count) = (offset, min(Self.piece, range.upperBound - offset))
            let piece = try await withTaskExecutorPreference(threads) { try file.read(from: start, count: count) }
            guard !piece.isEmpty else { throw PublicError.contentMissing }
            offset += piece.count
            return piece
        }
    }

    /// Keys are made by Labsync; one that leaves the folder is a defect.
    private func path(of key: String) throws -> String {
        guard !key.isEmpty, !key.hasPrefix("/"), !key.split(separator: "/").contains("..") else {
            throw PublicError(.invalid, "No such object.")
        }
        return "\(folder)/\(key)"
    }
}

extension Sequence<UInt8> {
    /// Two digits a byte, lower case.
    var hexadecimal: String {
        map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined()
    }
}
