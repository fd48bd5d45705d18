import Crypto
import Foundation
import Glibc
import Synchronization

/// The keys that objects are sealed with, in one file: the last one seals, all of them open.
public final class KeyRing: Sendable {
    private struct Contents: Codable {
        struct Entry: Codable {
            let id: UInt32
            let key: Data
            let made: Date
        }

        /// Names objects after what is in them; never changed, or nothing would be found again.
        let naming: Data
        var keys: [Entry]
    }

    private struct State {
        var contents: Contents
        var version: timespec
    }

    private let path: String
    private let state: Mutex<State>

    /// - Parameter path: made when missing.
    public init(path: String) throws {
        self.path = path
        if !FileManager.default.fileExists(atPath: path) {
            try Self.write(
                Contents(naming: Self.fresh(), keys: [.init(id: 1, key: Self.fresh(), made: Date())]),
                to: path
            )
        }
        state = Mutex(try Self.read(path))
    }

    struct Key {
        let id: UInt32
        let key: SymmetricKey
    }

    var naming: SymmetricKey { state.withLock { SymmetricKey(data: $0.contents.naming) } }

    /// Another process may have rotated them.
    func current() throws -> Key {
        try refresh()
        let entry = state.withLock { $0.contents.keys.last }
        guard let entry else { throw KeyRingError(path: path, reason: "has no key") }
        return Key(id: entry.id, key: SymmetricKey(data: entry.key))
    }

    func key(_ id: UInt32) throws -> Key {
        func known() -> Contents.Entry? { state.withLock { $0.contents.keys.first { $0.id == id } } }
        if known() == nil { try refresh() }
        guard let entry = known() else { throw KeyRingError(path: path, reason: "lacks key \(id)") }
        return Key(id: entry.id, key: SymmetricKey(data: entry.key))
    }

    public var ids: [UInt32] { state.withLock { $0.contents.keys.map(\.id) } }

    /// From now on objects are sealed with a key that did not exist before. Returns its number.
    public func rotate() throws -> UInt32 {
        try change { contents in
            let id = (contents.keys.map(\.id).max() ?? 0) + 1
            contents.keys.append(.init(id: id, key: Self.fresh(), made: Date()))
            return id
        }
    }

    /// Forgets the keys whose successor was made before a time. Says which.
    func retire(succeededBefore time: Date) throws -> [UInt32] {
        try change { contents in
            let old = zip(contents.keys, contents.keys.dropFirst()).filter { $1.made < time }.map(\.0.id)
            contents.keys.removeAll { old.contains($0.id) }
            return old
        }
    }

    private func change<Result>(_ body: (inout Contents) -> Result) throws -> Result {
        var contents = try Self.read(path).contents
        let result = body(&contents)
        try Self.write(contents, to: path)
        try refresh()
        return result
    }

    private func refresh() throws {
        let version = try Self.version(path)
        let known = state.withLock { $0.version }
        guard (version.tv_sec, version.tv_nsec) != (known.tv_sec, known.tv_nsec) else { return }
        let read = try Self.read(path)
        state.withLock { $0 = read }
    }

    private static func version(_ path: String) throws -> timespec {
        var found = stat()
        guard stat(path, &found) == 0 else { throw FileFailure.current("stat \(path)") }
        return found.st_mtim
    }

    private static func read(_ path: String) throws -> State {
        let version = try version(path)
        guard let data = FileManager.default.contents(atPath: path),
            let contents = try? JSONDecoder().decode(Contents.self, from: data), contents.naming.count == 32,
            contents.keys.allSatisfy({ $0.key.count == 32 })
        else { throw KeyRingError(path: path, reason: "cannot be read") }
        return State(contents: contents, version: version)
    }

    /// Never half a file: without its keys nothing can be read again.
    private static func write(_ contents: Contents, to path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let partial = "\(folder)/.\(UUID().uuidString).partial"
        let file = try OpenFile(creating: partial)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try file.write(try encoder.encode(contents))
        try file.synchronize()
        guard rename(partial, path) == 0 else { throw FileFailure.current("rename") }
        try OpenFile(folder: folder).synchronize()
    }

    private static func fresh() -> Data { SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) } }
}

/// Without the keys the objects stay shut.
struct KeyRingError: Error, CustomStringConvertible {
    let path: String
    let reason: String

    var description: String { "The file of object keys \(path) \(reason). Restore it from a backup." }
}
