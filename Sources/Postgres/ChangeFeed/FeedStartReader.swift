import Assistant

/// Reads who may see what, and the shapes of the tables, in the snapshot in which a replication slot begins.
struct FeedStartReader {
    private static let page = 20_000

    let database: Database

    func read(snapshot: String, position: UInt64) async throws -> FeedStart {
        try await database.withConnection { session in
            // A snapshot's name comes from the server and cannot be bound.
            try await session.withLongTransaction(
                "begin isolation level repeatable read read only; set transaction snapshot '\(snapshot)'"
            ) {
                try await Self.read(session, position)
            }
        }
    }

    private static func read(_ session: Session, _ position: UInt64) async throws -> FeedStart {
        var audience = LabAudience()
        try await add(["id", "deactivated_at"], of: "users", to: &audience) { after in
            try await session.query(
                """
                select id::text as "key", id::text, deactivated_at::text from users
                where id > coalesce(\(after), '00000000-0000-0000-0000-000000000000')::uuid
                order by users.id limit \(page)
                """
            )
        }
        try await add(["user_id", "role_id"], of: "user_roles", to: &audience) { after in
            guard after == nil else { return [] }
            return try await session.query("select '' as \"key\", user_id::text, role_id::text from user_roles")
        }
        try await add(["conversation_id", "user_id"], of: "conversation_members", to: &audience) { after in
            try await session.query(
                """
                select conversation_id || ' ' || user_id as "key", conversation_id::text, user_id::text
                from conversation_members
                where (conversation_id, user_id) > (
                    split_part(coalesce(\(after), \(nowhere)), ' ', 1)::uuid,
                    split_part(coalesce(\(after), \(nowhere)), ' ', 2)::uuid
                )
                order by conversation_members.conversation_id, conversation_members.user_id limit \(page)
                """
            )
        }
        try await add(["id", "author_id", "visibility"], of: "statuses", to: &audience) { after in
            try await session.query(
                """
                select id::text as "key", id::text, author_id::text, visibility from statuses
                where id > coalesce(\(after), '00000000-0000-0000-0000-000000000000')::uuid
                order by statuses.id limit \(page)
                """
            )
        }
        try await add(["status_id", "role_id"], of: "status_roles", to: &audience) { after in
            try await session.query(
                """
                select status_id || ' ' || role_id as "key", status_id::text, role_id::text
                from status_roles
                where (status_id, role_id) > (
                    split_part(coalesce(\(after), \(nowhere)), ' ', 1)::uuid,
                    coalesce(nullif(split_part(\(after), ' ', 2), ''), '-1')::integer
                )
                order by status_roles.status_id, status_roles.role_id limit \(page)
                """
            )
        }
        return FeedStart(position: position, audience: audience, shapes: try await shapes(session))
    }

    private static let nowhere = "00000000-0000-0000-0000-000000000000 00000000-0000-0000-0000-000000000000"

    /// Takes a table in page by page, each row as an insert.
    private static func add(
        _ columns: [String],
        of table: String,
        to audience: inout LabAudience,
        _ page: (String?) async throws -> [Row]
    ) async throws {
        let shape = TableShape(
            schema: "public",
            name: table,
            columns: columns.map { .init(name: $0, type: "text") }
        )
        var last: String?
        while true {
            let rows = try await page(last)
            for row in rows {
                let values = try columns.map { try row.get($0, as: String?.self) }
                audience.apply(RowChange(old: nil, new: FeedRow(shape: shape, values: values)))
            }
            guard let next = rows.last else { return }
            last = try next.get("key", as: String.self)
        }
    }

    private static func shapes(_ session: Session) async throws -> [TableShape] {
        let rows = try await session.query(
            """
            select relname::text as "table", attname::text as "column", typname::text as "type"
            from pg_attribute
            join pg_class on pg_class.oid = attrelid
            join pg_type on pg_type.oid = atttypid
            where relnamespace = 'public'::regnamespace and relname = any (\(RealtimeTable.allCases.map(\.rawValue))::text[])
                and attnum > 0 and not attisdropped
            order by relname, attnum
            """
        )
        var columns: [String: [TableShape.Column]] = [:]
        for row in rows {
            let column = TableShape.Column(name: try row.get("column"), type: try row.get("type"))
            columns[try row.get("table", as: String.self), default: []].append(column)
        }
        return columns.sorted { $0.key < $1.key }.map { TableShape(schema: "public", name: $0.key, columns: $0.value) }
    }
}
