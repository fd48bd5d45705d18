public import Assistant
public import Foundation

/// Files' rows as the sweeper needs them. Runs as labsync_ingest.
public struct SweepRecords: SweepStore {
    private let database: Database

    public init(_ database: Database) {
        self.database = database
    }

    public func unnamed(_ keys: [String]) async throws -> [String] {
        guard !keys.isEmpty else { return [] }
        return try await database.query("select key from labsync.unnamed_objects(\(keys)::text[]) as key")
            .map { try $0.get("key") }
    }

    public func named(after first: String?, through last: String?, limit: Int) async throws -> [String] {
        try await database.query(
            """
            select distinct key from (
                select object_key collate "C" as key from files where object_key is not null
                union all
                select object_key collate "C" from file_versions
            ) as named
            where (\(first)::text is null or key > \(first)::text collate "C")
                and (\(last)::text is null or key <= \(last)::text collate "C")
            order by key
            limit \(limit)::integer
            """
        ).map { try $0.get("key") }
    }

    public func markMissing(_ keys: [String]) async throws {
        try await database.run(
            """
            update files
            set state = 'unindexable', state_reason = 'The content is missing from the object store.'
            where object_key = any (\(keys)::text[])
            """
        )
    }

    public func endExpiredUploads() async throws -> Int {
        try await database.run("delete from uploads where expires_at < now()")
    }

    public func forgetAnnounced(before time: Date) async throws -> Int {
        try await database.run(
            """
            delete from files
            where state = 'pending' and object_key is null and created_at < \(time)
                and not exists (select from uploads where file_id = files.id)
            """
        )
    }
}
