import Crypto
public import Domain
public import Foundation
import Glibc

/// Objects as files in one folder. A file appears under its name only when all of it is on the disk.
public struct LocalObjectStore: ObjectStore {
    private let folder: URL

    public init(folder: String) throws {
        self.folder = URL(fileURLWithPath: folder, isDirectory: true)
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
    }

    public func put(_ bytes: Data, key: String) async throws {
        let target = try location(key)
        let partial = target.deletingLastPathComponent().appendingPathComponent(".\(UUID().uuidString).partial")
        do {
            try FileManager.default.createDirectory(
                at: target.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try bytes.write(to: partial)
            let handle = try FileHandle(forUpdating: partial)
            try handle.synchronize()
            try handle.close()
            guard rename(partial.path, target.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
        } catch {
            try? FileManager.default.removeItem(at: partial)  // May never have been made.
            if (error as? CocoaError)?.code == .fileWriteOutOfSpace {
                throw PublicError(.storageFull, "The server's disk is full. Nothing was stored.")
            }
            throw error
        }
    }

    public func get(_ key: String) async throws -> Data {
        guard let bytes = FileManager.default.contents(atPath: try location(key).path) else {
            throw PublicError(.notFound, "The file's content is missing.")
        }
        return bytes
    }

    public func delete(_ key: String) async throws {
        let path = try location(key).path
        guard FileManager.default.fileExists(atPath: path) else { return }
        try FileManager.default.removeItem(atPath: path)
    }

    public func put(
        _ pieces: some AsyncSequence<Data, any Error>,
        key: String,
        limit: Int
    ) async throws -> ObjectDigest {
        let target = try location(key)
        let parent = target.deletingLastPathComponent()
        let partial = parent.appendingPathComponent(".\(UUID().uuidString).partial")
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        guard FileManager.default.createFile(atPath: partial.path, contents: nil) else {
            throw CocoaError(.fileWriteUnknown)
        }
        do {
            let handle = try FileHandle(forWritingTo: partial)
            defer { try? handle.close() }  // What matters was synchronised, or failed, before.
            var (size, hash) = (0, SHA256())
            for try await piece in pieces {
                size += piece.count
                guard size <= limit else {
                    throw PublicError(.tooLarge, "The file is larger than the \(limit) bytes that were announced.")
                }
                hash.update(data: piece)
                try handle.write(contentsOf: piece)
            }
            try handle.synchronize()
            guard rename(partial.path, target.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
            let digest = hash.finalize().map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined()
            return ObjectDigest(size: size, sha256: digest)
        } catch {
            try? FileManager.default.removeItem(at: partial)  // The error that led here matters more.
            if (error as? CocoaError)?.code == .fileWriteOutOfSpace {
                throw PublicError(.storageFull, "The server's disk is full. Nothing was stored.")
            }
            throw error
        }
    }

    public func read(_ key: String, from offset: Int, count: Int) async throws -> Data {
        guard let handle = FileHandle(forReadingAtPath: try location(key).path) else {
            throw PublicError(.notFound, "The file's content is missing.")
        }
        defer { try? handle.close() }  // Opened for reading: nothing can be lost.
        try handle.seek(toOffset: UInt64(offset))
        return try handle.read(upToCount: count) ?? Data()
    }

    /// Keys are made by Labsync; one that leaves the folder is a defect.
    private func location(_ key: String) throws -> URL {
        guard !key.isEmpty, !key.hasPrefix("/"), !key.split(separator: "/").contains("..") else {
            throw PublicError(.invalid, "No such object.")
        }
        return folder.appendingPathComponent(key)
    }
}
