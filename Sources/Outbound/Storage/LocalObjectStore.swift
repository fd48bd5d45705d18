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

    /// Keys are made by Labsync; one that leaves the folder is a defect.
    private func location(_ key: String) throws -> URL {
        guard !key.isEmpty, !key.hasPrefix("/"), !key.split(separator: "/").contains("..") else {
            throw PublicError(.invalid, "No such object.")
        }
        return folder.appendingPathComponent(key)
    }
}
