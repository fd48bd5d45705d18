public import Assistant
public import Domain

/// Buckets. Runs as labsync_app.
public struct BucketRecords: BucketStore {
    private let records: JSONRecords

    public init(_ database: Database) {
        records = JSONRecords(database: database)
    }

    public func buckets(for principal: Principal) async throws -> [JSONText] {
        try await records.all("\(Self.bucket) from buckets order by id", as: principal)
    }

    public func bucket(_ id: String, for principal: Principal) async throws -> Bucket? {
        let rows = try await records.database.query(
            "\(Self.bucket), public, file_size_limit, allowed_mime_types from buckets where id = \(id)",
            as: principal
        )
        return try rows.first.map { row in
            Bucket(
                id: id,
                isPublic: try row.get("public"),
                largestFile: try row.get("file_size_limit"),
                allowedTypes: try row.get("allowed_mime_types"),
                json: JSONText(try row.get("json"))
            )
        }
    }

    public func create(_ bucket: NewBucket, for principal: Principal) async throws {
        _ = try await records.database.run(
            [
                """
                insert into buckets (id, name, owner_id, public, file_size_limit, allowed_mime_types)
                values (\(bucket.id), \(bucket.name), \(principal.user), \(bucket.isPublic),
                    \(bucket.largestFile), \(bucket.allowedTypes))
                """
            ],
            as: principal
        )
    }

    public func change(_ id: String, _ change: BucketChange, for principal: Principal) async throws -> Bool {
        do {
            return try await records.database.run(
                [
                    """
                    update buckets
                    set public = coalesce(\(change.isPublic)::boolean, public),
                        file_size_limit = case when \(change.largestFile != nil)::boolean
                            then \(change.largestFile ?? nil)::bigint else file_size_limit end,
                        allowed_mime_types = case when \(change.allowedTypes != nil)::boolean
                            then \(change.allowedTypes ?? nil)::text[] else allowed_mime_types end,
                        updated_at = now()
                    where id = \(id)
                    """
                ],
                as: principal
            ).last?.affected == 1
        } catch let error as PostgresError where error.sqlState == "LS001" {
            throw PublicError(
                .conflict,
                "Others keep private objects in this bucket; it cannot be made public. Make a public one beside it."
            )
        }
    }

    public func delete(_ id: String, for principal: Principal) async throws -> Bool {
        do {
            return try await records.database.run(["delete from buckets where id = \(id)"], as: principal)
                .last?.affected == 1
        } catch let error as PostgresError where error.sqlState == "23503" {
            throw PublicError(.conflict, "The bucket you tried to delete is not empty")
        }
    }

    private static let bucket: Statement = """
        select json_build_object(
            'id', id, 'name', name, 'owner', coalesce(owner_id::text, ''), 'public', public,
            'file_size_limit', file_size_limit, 'allowed_mime_types', allowed_mime_types, 'type', 'STANDARD',
            'created_at', labsync.rfc3339(created_at), 'updated_at', labsync.rfc3339(updated_at)
        )::text as json
        """
}
