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

    /// - Parameters:
    ///   - grace: seconds that an object may be without a row. Its row comes right after it is written, so an hour is
    ///     plenty, and nothing that is just being written is touched.
    ///   - unfinished: seconds since a writer began that it may not have ended.
    public func sweep(now: Date, grace: TimeInterval = 3600, unfinished: TimeInterval = 86_400) async throws -> Report {
        var report = Report()
        report.expiredUploads = try await store.endExpiredUploads()
        report.forgottenFiles = try await store.forgetAnnounced(before: now - Self.patience)
        report.unfinishedObjects = try await objects.discardUnfinished(before: now - unfinished)
        try await forEachPage { page in
            report.removedObjects += try await removeUnnamed(page.entries.filter { $0.changed < now - grace })
            report.missing += try await missing(from: page)
        }
        if !report.missing.isEmpty { try await store.markMissing(report.missing) }
        return report
    }

    /// Keys of objects that rows name and that are not there; nothing is changed.
    public func missing() async throws -> [String] {
        var missing: [String] = []
        try await forEachPage { missing += try await self.missing(from: $0) }
        return missing
    }

    /// Objects that follow each other, and between which keys (nil: the first and the last of all) they are all.
    private struct Page {
        let entries: [ObjectEntry]
        let after: String?
        let through: String?
    }

    private func forEachPage(_ body: (Page) async throws -> Void) async throws {
        var after: String?
        while true {
            let entries = try await objects.list(after: after, limit: Self.page)
            let through = entries.count < Self.page ? nil : entries.last?.key
            try await body(Page(entries: entries, after: after, through: through))
            guard through != nil else { return }
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

    private func missing(from page: Page) async throws -> [String] {
        let present = Set(page.entries.map(\.key))
        var missing: [String] = []
        var after = page.after
        while true {
            let named = try await store.named(after: after, through: page.through, limit: Self.page)
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
        return missing
    }
}
