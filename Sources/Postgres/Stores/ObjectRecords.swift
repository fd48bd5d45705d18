public import Assistant
public import Domain
import Foundation

/// The objects of buckets: files with a path. Runs as labsync_app.
public struct ObjectRecords: BucketObjectStore {
    let database: Database
    let quota: StorageQuota

    public init(_ database: Database, quota: StorageQuota = .none) {
        self.database = database
        self.quota = quota
    }

    // MARK: Reading

    public func object(at place: ObjectPlace, for principal: Principal) async throws -> BucketObject? {
        // One's own comes before what somebody else has there and shows in another way.
        let rows = try await database.query(
            """
            \(Self.columns) from files
            where bucket_id = \(place.bucket) and path = \(place.path) and object_key is not null
            order by owner_id = \(principal.user) desc, created_at
            limit 1
            """,
            as: principal
        )
        return try rows.first.flatMap(Self.object)
    }

    public func object(_ id: FileID, for principal: Principal) async throws -> BucketObject? {
        let rows = try await database.query(
            "\(Self.columns) from files where id = \(id) and object_key is not null and bucket_id is not null",
            as: principal
        )
        return try rows.first.flatMap(Self.object)
    }

    public func publicObject(at place: ObjectPlace) async throws -> BucketObject? {
        let rows = try await database.query(
            "\(Self.columns) from labsync.public_object(\(place.bucket), \(place.path)) as files"
        )
        return try rows.first.flatMap(Self.object)
    }

    // MARK: Moving, copying, removing

    public func move(from source: ObjectPlace, to target: ObjectPlace, for principal: Principal) async throws
        -> FileID?
    {
        let rows = try await Self.refusing {
            try await database.query(
                """
                update files
                set bucket_id = \(target.bucket), path = \(target.path), name = \(target.name), updated_at = now()
                where bucket_id = \(source.bucket) and path = \(source.path) and owner_id = \(principal.user)
                    and object_key is not null
                returning id
                """,
                as: principal
            )
        }
        if let row = rows.first { return FileID(try row.get("id")) }
        guard try await object(at: source, for: principal) == nil else { throw Self.refusal }
        return nil
    }

    public func copy(
        from source: ObjectPlace,
        to target: ObjectPlace,
        _ mode: StoringMode,
        for principal: Principal
    ) async throws -> StoringOutcome? {
        guard let found = try await object(at: source, for: principal) else { return nil }
        return try await Self.refusing {
            try await database.withTransaction(as: principal) { transaction in
                _ = try await transaction.query("select labsync.hold_file(\(found.id))")
                // Read again, now that it cannot go away: the copy shares its bytes.
                let rows = try await transaction.query(
                    """
                    select content_type, cache_control, user_metadata::text, object_key, size_bytes, sha256 from files
                    where id = \(found.id) and object_key is not null
                    """
                )
                guard let row = rows.first else { return nil }
                let object = NewObject(
                    contentType: try row.get("content_type"),
                    cacheControl: try row.get("cache_control"),
                    metadata: try row.get("user_metadata", as: String?.self).map(JSONText.init),
                    key: try row.get("object_key"),
                    digest: ObjectDigest(size: try row.get("size_bytes"), sha256: try row.get("sha256"))
                )
                let outcome = try await Self.place(object, at: target, mode, principal, transaction)
                try await transaction.run([quota.requirement()])
                return outcome
            }
        }
    }

    public func remove(_ paths: [String], from bucket: String, for principal: Principal) async throws -> Removal {
        try await remove(where: "bucket_id = \(bucket) and path = any (\(paths)::text[])", for: principal)
    }

    public func removeAll(from bucket: String, for principal: Principal) async throws -> Removal {
        try await remove(where: "bucket_id = \(bucket)", for: principal)
    }

    private func remove(where condition: Statement, for principal: Principal) async throws -> Removal {
        let outcomes = try await database.run(
            [
                """
                select object_key from file_versions where file_id in (select id from files where \(condition))
                """,
                "delete from files where \(condition) returning object_key, \(Self.json)::text as json",
            ],
            as: principal
        ).map(\.rows)
        let keys = try outcomes.joined().compactMap { try $0.get("object_key", as: String?.self) }
        return Removal(
            rows: try outcomes.last?.map { JSONText(try $0.get("json")) } ?? [],
            given: await unnamed(keys)
        )
    }

    /// Deletes files with their versions. Nil when there were none; otherwise the keys that no row names any more.
    func delete(where condition: Statement, for principal: Principal) async throws -> [String]? {
        let removal = try await remove(where: condition, for: principal)
        return removal.rows.isEmpty ? nil : removal.given
    }

    /// Those that may be given up: another row may share the bytes. Asked when the rows are changed already, which is not
    /// undone for it: what cannot be told now the sweeper finds.
    func unnamed(_ keys: [String]) async -> [String] {
        guard !keys.isEmpty else { return [] }
        let rows = try? await database.query("select key from labsync.unnamed_objects(\(keys)::text[]) as key")
        return rows?.compactMap { try? $0.get("key") } ?? []
    }

    // MARK: Rows

    static let refusal = PublicError(.forbidden, "new row violates row-level security policy")

    /// Says what the policies and keys refuse in words that are the same for hidden and absent.
    static func refusing<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await StorageRoom.named(body)
        } catch let error as PostgresError where error.sqlState == "42501" {
            throw refusal
        } catch let error as PostgresError where error.sqlState == "23505" {
            throw PublicError(.conflict, "The resource already exists")
        }
    }

    private static let columns: Statement = """
        select id, name, content_type, object_key, size_bytes, sha256, bucket_id, path, cache_control, updated_at,
            link_version, \(json)::text as json
        """

    static let json: Statement = """
        json_build_object(
            'id', id, 'name', path, 'bucket_id', bucket_id, 'owner', owner_id, 'owner_id', owner_id,
            'version', object_key, 'size', size_bytes, 'content_type', content_type, 'cache_control', cache_control,
            'etag', '"' || sha256 || '"', 'metadata', \(metadata), 'user_metadata', user_metadata,
            'last_modified', labsync.rfc3339(updated_at), 'created_at', labsync.rfc3339(created_at),
            'updated_at', labsync.rfc3339(updated_at), 'last_accessed_at', labsync.rfc3339(updated_at)
        )
        """

    static let metadata: Statement = """
        json_build_object(
            'eTag', '"' || sha256 || '"', 'size', size_bytes, 'mimetype', content_type,
            'cacheControl', coalesce(cache_control, 'no-cache'), 'lastModified', labsync.rfc3339(updated_at),
            'contentLength', size_bytes, 'httpStatusCode', 200
        )
        """

    private static func object(_ row: Row) throws -> BucketObject? {
        guard let place = ObjectPlace(bucket: try row.get("bucket_id"), path: try row.get("path")) else { return nil }
        return BucketObject(
            id: FileID(try row.get("id")),
            content: try FileRecords.content(row),
            place: place,
            cacheControl: try row.get("cache_control"),
            changed: try row.get("updated_at"),
            json: JSONText(try row.get("json"))
        )
    }
}
