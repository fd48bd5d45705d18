public import Assistant
public import Domain
import Foundation

/// Grants and passages, read as the asker under Row-Level Security. Runs as labsync_app.
public struct EvidenceStore: GrantsSource, EvidenceReader {
    private let database: Database

    public init(_ database: Database) {
        self.database = database
    }

    public func grants(of principal: Principal) async throws -> Grants {
        let rows = try await database.query("select * from labsync.my_grants()", as: principal)
        guard let row = rows.first else {
            throw PublicError(.unauthenticated, "You are not a member of this lab.")
        }
        return try Grants(row)
    }

    public func sharedGrants(
        ofMembersOf conversation: ConversationID,
        for principal: Principal
    ) async throws -> [Grants] {
        try await database.query(
            "select * from labsync.grants_of_members(\(conversation)::uuid)",
            as: principal
        ).map(Grants.init)
    }

    public func evidence(_ chunks: [ChunkID], for principal: Principal) async throws -> [ChunkID: Evidence] {
        guard !chunks.isEmpty else { return [:] }
        let rows = try await database.query(
            """
            select id, source_kind, source_id, conversation_id, author_id, author_name, title, created_at,
                starts_at, ends_at, locator, text
            from chunks where id = any (\(chunks)::bigint[])
            """,
            as: principal
        )
        return Dictionary(uniqueKeysWithValues: try rows.map { (try $0.get("id"), try Evidence($0)) })
    }

    public func neighbours(
        of sources: [SourceReference],
        for principal: Principal
    ) async throws -> [SourceReference: [Evidence]] {
        func ids(_ kinds: SourceKind...) -> [UUID] { sources.filter { kinds.contains($0.kind) }.map(\.id) }
        async let turns = turns(around: ids(.message), for: principal)
        async let comments = comments(around: ids(.comment), on: ids(.status), for: principal)
        var neighbours: [SourceReference: [Evidence]] = [:]
        for row in try await turns + comments {
            let centre = try SourceReference(row, kind: "centre_kind", id: "centre")
            neighbours[centre, default: []].append(try Evidence(row))
        }
        return neighbours
    }

    private func turns(around messages: [UUID], for principal: Principal) async throws -> [Row] {
        guard !messages.isEmpty else { return [] }
        return try await database.query(
            """
            select 'message' as centre_kind, centre.id as centre, null::bigint as id, 'message' as source_kind, near.id as source_id,
                near.conversation_id, near.sender_id as author_id, users.full_name as author_name,
                conversations.name as title, near.created_at, null::timestamptz as starts_at,
                null::timestamptz as ends_at, null as locator, near.content as text
            from messages as centre
            cross join lateral (
                (select * from messages as earlier
                where earlier.conversation_id = centre.conversation_id
                    and (earlier.created_at, earlier.id) < (centre.created_at, centre.id)
                    and earlier.created_at > centre.created_at - interval '3 hours'
                order by earlier.created_at desc, earlier.id desc limit 2)
                union all
                (select * from messages as later
                where later.conversation_id = centre.conversation_id
                    and (later.created_at, later.id) > (centre.created_at, centre.id)
                    and later.created_at < centre.created_at + interval '3 hours'
                order by later.created_at, later.id limit 3)
            ) as near
            left join users on users.id = near.sender_id
            left join conversations on conversations.id = near.conversation_id
            where centre.id = any (\(messages)::uuid[]) and near.content is not null
                and near.sender_id is distinct from labsync.assistant_id()
            order by centre.id, near.created_at, near.id
            """,
            as: principal
        )
    }

    /// A comment's status with the comments beside it; a status' first comments.
    private func comments(
        around comments: [UUID],
        on statuses: [UUID],
        for principal: Principal
    ) async throws -> [Row] {
        guard !comments.isEmpty || !statuses.isEmpty else { return [] }
        return try await database.query(
            """
            select centre.kind as centre_kind, centre.id as centre, null::bigint as id, near.kind as source_kind,
                near.id as source_id, null::uuid as conversation_id, near.author_id, users.full_name as author_name,
                null as title, near.created_at, null::timestamptz as starts_at, null::timestamptz as ends_at,
                null as locator, near.text
            from (
                select 'comment' as kind, id, status_id, created_at, id as place from status_comments
                where id = any (\(comments)::uuid[])
                union all
                select 'status', id, id, created_at, '00000000-0000-0000-0000-000000000000' from statuses
                where id = any (\(statuses)::uuid[])
            ) as centre
            cross join lateral (
                select 'status' as kind, id, author_id, text, created_at from statuses
                where id = centre.status_id and centre.kind = 'comment'
                union all
                (select 'comment', id, author_id, text, created_at from status_comments as earlier
                where earlier.status_id = centre.status_id and centre.kind = 'comment'
                    and (earlier.created_at, earlier.id) < (centre.created_at, centre.place)
                order by earlier.created_at desc, earlier.id desc limit 2)
                union all
                (select 'comment', id, author_id, text, created_at from status_comments as later
                where later.status_id = centre.status_id
                    and (later.created_at, later.id) > (centre.created_at, centre.place)
                order by later.created_at, later.id limit 3)
            ) as near
            left join users on users.id = near.author_id
            where near.text is not null
            order by centre.id, near.created_at, near.id
            """,
            as: principal
        )
    }

    public func indexFreshness(for principal: Principal) async throws -> IndexFreshness {
        let row = try await database.query("select * from labsync.index_freshness()", as: principal)[0]
        return IndexFreshness(
            generation: try row.get("generation"),
            freshThrough: try row.get("fresh_through"),
            pending: try row.get("pending")
        )
    }
}

extension Grants {
    fileprivate init(_ row: Row) throws {
        self.init(
            user: try row.get("user_id"),
            roles: Set(try row.get("role_ids", as: [RoleID].self)),
            conversations: Set(try row.get("conversation_ids", as: [UUID].self).map { ConversationID($0) })
        )
    }
}

extension Evidence {
    init(_ row: Row) throws {
        self.init(
            chunk: try row.get("id"),
            source: try SourceReference(row),
            conversation: try row.get("conversation_id"),
            author: try row.get("author_id"),
            authorName: try row.get("author_name"),
            title: try row.get("title"),
            createdAt: try row.get("created_at"),
            startsAt: try row.get("starts_at"),
            endsAt: try row.get("ends_at"),
            locator: try row.get("locator"),
            text: try row.get("text")
        )
    }
}
