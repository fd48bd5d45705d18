public import Assistant
public import Domain

extension FileRecords {
    public func ownContent(_ id: FileID, for principal: Principal) async throws -> FileContent {
        let rows = try await records.database.query(
            """
            select name, content_type, object_key, size_bytes, sha256, link_version from files
            where id = \(id) and object_key is not null and owner_id = \(principal.user)
            """,
            as: principal
        )
        guard let row = rows.first else { throw Self.noFile }
        return try Self.content(row)
    }

    public func replace(
        _ id: FileID,
        over key: String,
        with object: WholeObject,
        for principal: Principal
    ) async throws -> [String]? {
        let given: [String]? = try await StorageRoom.named {
            try await records.database.withTransaction(as: principal) { transaction in
                let held = try await transaction.query(
                    """
                    select from files
                    where id = \(id) and object_key = \(key) and owner_id = \(principal.user)
                    for update
                    """
                )
                guard !held.isEmpty else { return nil }
                let given = try await transaction.run([
                    FileVersions.keep(id),
                    """
                    update files
                    set content_type = \(object.contentType), object_key = \(object.key),
                        size_bytes = \(object.digest.size)::bigint, sha256 = \(object.digest.sha256),
                        state = 'queued', state_reason = null, updated_at = now()
                    where id = \(id)
                    """,
                    FileVersions.trim(id),
                ])
                try await transaction.run([quota.requirement()])
                return try given.map { try $0.get("object_key") }
            }
        }
        guard let given else { return nil }
        return await objects.unnamed(given)
    }

    public func versions(of id: FileID, for principal: Principal) async throws -> [JSONText] {
        _ = try await file(id, for: principal)
        return try await records.all(
            """
            select json_build_object(
                'id', id, 'file_id', file_id, 'content_type', content_type, 'size_bytes', size_bytes, 'sha256', sha256,
                'created_at', labsync.rfc3339(created_at), 'replaced_at', labsync.rfc3339(replaced_at)
            )::text as json
            from file_versions
            where file_id = \(id)
            order by replaced_at desc, id
            """,
            as: principal
        )
    }

    public func content(of version: VersionID, of id: FileID, for principal: Principal) async throws -> FileContent {
        let rows = try await records.database.query(
            """
            select files.name, file_versions.content_type, file_versions.object_key, file_versions.size_bytes,
                file_versions.sha256, files.link_version
            from file_versions join files on files.id = file_versions.file_id
            where file_versions.id = \(version) and file_id = \(id)
            """,
            as: principal
        )
        guard let row = rows.first else { throw Self.noFile }
        return try Self.content(row)
    }

    public func endLinks(to id: FileID, for principal: Principal) async throws {
        let ended = try await records.database.run(
            ["update files set link_version = link_version + 1 where id = \(id)"],
            as: principal
        )
        guard ended.last?.affected == 1 else { throw Self.noFile }
    }
}

/// How what a file held is kept when it is replaced.
enum FileVersions {
    /// How many earlier contents of a file are kept.
    private static let kept = 10

    static func keep(_ id: FileID) -> Statement {
        """
        insert into file_versions (file_id, object_key, content_type, size_bytes, sha256, created_at)
        select id, object_key, content_type, coalesce(size_bytes, 0), coalesce(sha256, ''), updated_at
        from files where id = \(id) and object_key is not null
        """
    }

    /// Returns the keys of those that are kept no longer.
    static func trim(_ id: FileID) -> Statement {
        """
        delete from file_versions
        where file_id = \(id) and id not in (
            select id from file_versions where file_id = \(id)
            order by replaced_at desc, id
            limit \(kept)::integer
        )
        returning object_key
        """
    }
}
