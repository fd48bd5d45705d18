import Domain
import Foundation
import Glibc
import Ingest

/// A folder for one file that is being read, gone when that is done.
struct ScratchFolder {
    /// Bytes; what is larger is no document.
    static let largestFile = 256 << 20
    private static let portion = 4 << 20

    let path: String

    /// Lends a folder that holds the file as `input`, written in portions.
    static func with<Result: Sendable>(
        _ file: FileToRead,
        from objects: any ObjectStore,
        _ body: (ScratchFolder) async throws -> Result
    ) async throws -> Result {
        let folder = ScratchFolder(path: "\(NSTemporaryDirectory())labsync-text-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            atPath: folder.path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        // What a killed program leaves behind lies in the system's folder for such things.
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        try await folder.fetch(file, from: objects)
        try folder.hand(over: folder.path)
        return try await body(folder)
    }

    /// Adds the programs that read.
    func add(_ sources: URL) throws {
        for source in try FileManager.default.contentsOfDirectory(at: sources, includingPropertiesForKeys: nil) {
            let target = "\(path)/\(source.lastPathComponent)"
            try FileManager.default.copyItem(atPath: source.path, toPath: target)
            try hand(over: target)
        }
    }

    /// Makes what a program has written something that others may read.
    func hand(over path: String) throws {
        guard getuid() == 0 else { return }
        guard chown(path, Confinement.nobody, Confinement.nobody) == 0 else { throw CocoaError(.fileWriteNoPermission) }
    }

    private func fetch(_ file: FileToRead, from objects: any ObjectStore) async throws {
        let input = "\(path)/input"
        guard FileManager.default.createFile(atPath: input, contents: nil, attributes: [.posixPermissions: 0o600]),
            let handle = FileHandle(forWritingAtPath: input)
        else { throw CocoaError(.fileWriteUnknown) }
        defer { try? handle.close() }  // What was not written shows as a file cut short.
        var size = 0
        while true {
            let bytes = try await objects.read(file.objectKey, from: size, count: Self.portion)
            size += bytes.count
            guard size <= Self.largestFile else {
                throw UnindexableFile(
                    reason: "It is larger than the \(Self.largestFile >> 20) MB that are read for their text."
                )
            }
            try handle.write(contentsOf: bytes)
            if bytes.isEmpty { break }
        }
        try hand(over: input)
    }
}
