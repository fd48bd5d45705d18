import Domain
public import Foundation
import Glibc

extension LocalObjectStore {
    public struct Rewriting: Sendable {
        public var rewritten = 0
        /// Those that could not be: damaged, or without their key.
        public var failed: [String] = []
        /// The keys that were forgotten, since nothing is sealed with them any more.
        public var retired: [UInt32] = []

        public init() {}
    }

    /// Seals everything with the current key that is not yet, and forgets the keys that nothing needs any more.
    ///
    /// - Parameter patience: seconds that a writer may take that began with the key before.
    public func rewrite(now: Date = Date(), patience: TimeInterval = 86_400) async throws -> Rewriting {
        var report = Rewriting()
        var after: String?
        while true {
            let page = try await list(after: after, limit: 1000)
            for entry in page {
                do {
                    if try await rewrite(entry.key) { report.rewritten += 1 }
                } catch let error where error is SealError || error is KeyRingError {
                    report.failed.append(entry.key)
                } catch let error as PublicError where error == .contentMissing {
                    continue  // Deleted since it was listed.
                }
            }
            after = page.last?.key
            guard page.count == 1000 else { break }
        }
        if report.failed.isEmpty, report.rewritten == 0 {
            report.retired = try ring.retire(succeededBefore: now - patience)
        }
        return report
    }

    /// False for what is sealed with the current key already. Its time stays what it was.
    private func rewrite(_ key: String) async throws -> Bool {
        let path = try path(of: key)
        return try await withTaskExecutorPreference(threads) {
            let old = try StoredFile(path, ring)
            let seal = try Seal(ring)
            guard old.keyID != seal.keyID else { return false }
            let partial = "\(folder)/.incoming/\(UUID().uuidString).partial"
            defer { unlink(partial) }  // Gone by then when all went well.
            let file = try OpenFile(creating: partial)
            var writer = try SealWriter(seal, to: file)
            var offset = 0
            while offset < old.size {
                let piece = try old.read(from: offset, count: 1 << 20)
                guard !piece.isEmpty else { throw SealError.damaged }
                try writer.write(piece)
                offset += piece.count
            }
            try writer.finish()
            try file.copyTimes(from: old.file)
            try file.synchronize()
            return try FolderTurn.take(folder, .exclusive) {
                // What was deleted or put anew meanwhile is left as it is.
                guard try StoredFile(path, ring).file.isSame(as: old.file) else { return false }
                guard rename(partial, Self.sealed(path)) == 0 else { throw FileFailure.current("rename") }
                unlink(path)
                try OpenFile(folder: URL(fileURLWithPath: path).deletingLastPathComponent().path).synchronize()
                return true
            }
        }
    }
}
