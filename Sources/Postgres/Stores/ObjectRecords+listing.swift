public import Assistant
public import Domain

extension ObjectRecords {
    public func list(_ listing: FolderListing, for principal: Principal) async throws -> JSONText {
        let rows = try await database.query(
            """
            with entries as (
                select id, split_part(rest, '/', 1) as name, updated_at, created_at, \(Self.metadata) as metadata
                from \(visible(in: listing.bucket, under: listing.folder, principal))
                where strpos(rest, '/') = 0
                union all
                select null, folder, null, null, null
                from \(folders(in: listing.bucket, under: listing.folder, principal))
            ), page as (
                select row_number() over () as place, * from (
                    select * from entries
                    where starts_with(lower(name), lower(\(listing.search)))
                    order by \(listing.column.order(listing.isDescending)), name
                    limit \(listing.limit)::integer
                    offset \(listing.offset)::integer
                ) as sorted
            )
            select coalesce(json_agg(json_build_object(
                'name', name, 'id', id, 'updated_at', labsync.rfc3339(updated_at),
                'created_at', labsync.rfc3339(created_at), 'last_accessed_at', labsync.rfc3339(updated_at),
                'metadata', metadata
            ) order by place), '[]')::text as json
            from page
            """,
            as: principal
        )
        return JSONText(try rows.first?.get("json", as: String.self) ?? "[]")
    }

    public func list(_ listing: KeyListing, for principal: Principal) async throws -> KeyPage {
        let rows = try await database.query(
            """
            with entries as (
                select id, path as key, \(listing.column.sortValue) as value, updated_at, created_at,
                    \(Self.metadata) as metadata
                from \(visible(in: listing.bucket, under: listing.prefix, principal))
                where not \(listing.hasDelimiter)::boolean or strpos(rest, '/') = 0
                union all
                select null, \(listing.prefix)::text || folder || '/',
                    \(listing.column.folderValue(listing.prefix)), null, null, null
                from \(folders(in: listing.bucket, under: listing.prefix, principal))
                where \(listing.hasDelimiter)::boolean
            )
            select id, key, value, json_build_object(
                'id', id, 'name', key, 'key', split_part(rtrim(key, '/'), '/', -1),
                'updated_at', labsync.rfc3339(updated_at), 'created_at', labsync.rfc3339(created_at),
                'last_accessed_at', labsync.rfc3339(updated_at), 'metadata', metadata
            )::text as json
            from entries
            where \(listing.bounds)
            order by \(listing.order)
            limit \(listing.limit + 1)::integer
            """,
            as: principal
        )
        let shown = rows.prefix(listing.limit)
        func json(_ row: Row) throws -> JSONText { JSONText(try row.get("json")) }
        let isFolder = try shown.map { try $0.get("id", as: String?.self) == nil }
        return KeyPage(
            folders: try zip(shown, isFolder).filter(\.1).map { try json($0.0) },
            objects: try zip(shown, isFolder).filter { !$0.1 }.map { try json($0.0) },
            next: rows.count > listing.limit
                ? try shown.last.map { KeyCursor(value: try $0.get("value"), path: try $0.get("key")) } : nil
        )
    }

    /// The asker's objects whose paths begin so, once each; `rest` is what follows.
    private func visible(in bucket: String, under prefix: String, _ principal: Principal) -> Statement {
        """
        (
            select distinct on (path) *, substr(path, length(\(prefix)::text) + 1) as rest
            from files
            where bucket_id = \(bucket) and starts_with(path, \(prefix)) and object_key is not null
            order by path, owner_id = \(principal.user) desc, created_at
        ) as objects
        """
    }

    private func folders(in bucket: String, under prefix: String, _ principal: Principal) -> Statement {
        """
        (
            select distinct split_part(rest, '/', 1) as folder
            from \(visible(in: bucket, under: prefix, principal))
            where strpos(rest, '/') > 0
        ) as folders
        """
    }
}

extension FolderListing.Column {
    fileprivate func order(_ isDescending: Bool) -> Statement {
        switch (self, isDescending) {
        case (.name, false): "name collate \"C\""
        case (.name, true): "name collate \"C\" desc"
        case (.createdAt, false): "created_at nulls first"
        case (.createdAt, true): "created_at desc nulls last"
        case (_, false): "updated_at nulls first"
        case (_, true): "updated_at desc nulls last"
        }
    }

    /// As text that sorts like the value.
    fileprivate var sortValue: Statement {
        switch self {
        case .name: "path::text"
        case .createdAt: "labsync.rfc3339(created_at)"
        case .updatedAt, .lastAccessedAt: "labsync.rfc3339(updated_at)"
        }
    }

    fileprivate func folderValue(_ prefix: String) -> Statement {
        self == .name ? "\(prefix)::text || folder || '/'" : "''"
    }
}

extension KeyListing {
    fileprivate var bounds: Statement {
        guard let after else { return "true" }
        return isDescending
            ? "(value collate \"C\", key collate \"C\") < (\(after.value), \(after.path))"
            : "(value collate \"C\", key collate \"C\") > (\(after.value), \(after.path))"
    }

    fileprivate var order: Statement {
        isDescending ? "value collate \"C\" desc, key collate \"C\" desc" : "value collate \"C\", key collate \"C\""
    }
}
