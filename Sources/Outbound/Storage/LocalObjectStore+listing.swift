public import Domain
public import Foundation
import Glibc

extension LocalObjectStore {
    struct Status {
        let isFolder: Bool
        let changed: Date
    }

    /// Nil for what is not there.
    static func status(of path: String) -> Status? {
        var found = stat()
        guard lstat(path, &found) == 0 else { return nil }
        let time = TimeInterval(found.st_mtim.tv_sec) + TimeInterval(found.st_mtim.tv_nsec) / 1e9
        return Status(isFolder: found.st_mode & S_IFMT == S_IFDIR, changed: Date(timeIntervalSince1970: time))
    }

    public func list(after key: String?, limit: Int) async throws -> [ObjectEntry] {
        try await withTaskExecutorPreference(threads) {
            var found: [ObjectEntry] = []
            try Self.collect(&found, in: folder, "", after: key, limit: limit)
            return found
        }
    }

    public func discardUnfinished(before time: Date) async throws -> Int {
        await withTaskExecutorPreference(threads) {
            var discarded = 0
            for name in FileManager.default.enumerator(atPath: folder)?.compactMap({ $0 as? String }) ?? [] {
                let path = "\(folder)/\(name)"
                guard name.hasSuffix(".partial"), let changed = Self.status(of: path)?.changed, changed < time else {
                    continue
                }
                if unlink(path) == 0 { discarded += 1 }
            }
            return discarded
        }
    }

    /// Depth first; a folder is named with its slash, so that the order is that of whole keys.
    private static func collect(
        _ found: inout [ObjectEntry],
        in folder: String,
        _ prefix: String,
        after key: String?,
        limit: Int
    ) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: prefix.isEmpty ? folder : "\(folder)/\(prefix)")
            .filter { !$0.hasPrefix(".") }
        let entries = names.compactMap { name -> (key: String, status: Status)? in
            let path = prefix + name
            // What ends before the page begins is not looked at.
            if let key, "\(path)/".utf8.lexicographicallyPrecedes(key.utf8), !key.hasPrefix("\(path)/") { return nil }
            guard let status = status(of: "\(folder)/\(path)") else { return nil }
            let key = path.hasSuffix(sealedSuffix) ? String(path.dropLast(sealedSuffix.count)) : path
            return (status.isFolder ? "\(path)/" : key, status)
        }
        for entry in entries.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            guard found.count < limit else { return }
            // Sealed and plain at once: for a moment, while one takes the other's place.
            if found.last?.key == entry.key { continue }
            if entry.status.isFolder {
                try collect(&found, in: folder, entry.key, after: key, limit: limit)
            } else if key.map({ $0.utf8.lexicographicallyPrecedes(entry.key.utf8) }) ?? true {
                found.append(ObjectEntry(key: entry.key, changed: entry.status.changed))
            }
        }
    }
}
