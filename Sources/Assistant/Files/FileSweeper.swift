public import Domain
public import Foundation

/// What the sweeper asks of the database.
public protocol SweepStore: Sendable {
    /// Those of some keys that no row names.
    func unnamed(_ keys: [String]) async throws -> [String]
    /// Keys that rows name, after one key and up to another (nil: to the end), in the order of their bytes.
    func named(after first: String?, through last: String?, limit: Int) async throws -> [String]
    /// Says of files that their content is not there.
    func markMissing(_ keys: [String]) async throws
    /// Ends uploads that were not continued in their time. Says how many.
    func endExpiredUploads() async throws -> Int
    /// Forgets files that were announced before a time and whose bytes never came. Says how many.
    func forgetAnnounced(before time: Date) async throws -> Int
}

/// Holds object store and rows to each other: no object without its row, no row without its object.
public struct FileSweeper: Sendable {
    public struct Report: Sendable, Equatable {
        public var expiredUploads = 0
        public var forgottenFiles = 0
        public var unfinishedObjects = 0
        public var removedObjects = 0
        /// Keys of objects that rows name and that are not there.
        public var missing: [String] = []

        public init() {}

        public var isClean: Bool { self == Report() }
    }

    private let store: any SweepStore
    private let objects: any ObjectStore

    /// Objects that are compared at a time.
    private static let page = 1000
    /// Seconds that a file may be announced without its bytes: longer than any upload may take.
    private static let patience: TimeInterval = 2 * 86_400

    public init(store: any SweepStore, objects: any ObjectStore) {
        self.store = store
        self.objects = objects
    }

    /// - Parameter grace: seconds that an object may be without a row. Its row comes right after it is written, so an
    ///   hour is plenty, and nothing that is just being written is touched.
    public func sweep(now: Date, grace: TimeInterval = 3600) async throws -> Report {
        var report = Report()
        report.expiredUploads = try await store.endExpiredUploads()
        report.forgottenFiles = try await store.forgetAnnounced(before: now - Self.patience)
        report.unfinishedObjects = try await objects.discardUnfinished(before: now - max(grace, 86_400))
        var after: String?
        while true {
            let entries = try await objects.list(after: after, limit: Self.page)
            let isLast = entries.count < Self.page
            let through = isLast ? nil : entries.last?.key
            report.removedObjects += try await removeUnnamed(entries.filter { $0.changed < now - grace })
            report.missing += try await missing(Set(entries.map(\.key)), after: after, through: through)
            guard !isLast else { return report }
            after = through
        }
    }

    private func removeUnnamed(_ old: [ObjectEntry]) async throws -> Int {
        let changed = Dictionary(old.map { ($0.key, $0.changed) }) { $1 }
        var removed = 0
        for key in try await store.unnamed(old.map(\.key)) {
            guard let time = changed[key] else { continue }
            if try await objects.delete(key, unlessChangedSince: time) { removed += 1 }
        }
        return removed
    }

    private func missing(_ present: Set<String>, after first: String?, through last: String?) async throws -> [String] {
        var missing: [String] = []
        var after = first
        while true {
            let named = try await store.named(after: after, through: last, limit: Self.page)
            for key in named where !present.contains(key) {
                // Written since it was listed, or really gone.
                if try await !objects.contains(key) { missing.append(key) }
            }
            guard named.count == Self.page else { break }
            after = named.last
        }
        // Deleted meanwhile with their rows is as it should be.
        let unnamed = Set(try await store.unnamed(missing))
        missing.removeAll(where: unnamed.contains)
        if !missing.isEmpty { try await store.markMissing(missing) }
        return missing
    }
}
