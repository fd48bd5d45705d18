public import Assistant
public import Domain
import Foundation

/// Files. Runs as labsync_app.
public struct FileRecords: FileStore {
    let records: JSONRecords
    let quota: StorageQuota
    var objects: ObjectRecords { ObjectRecords(records.database) }
    static let noFile = PublicError(.notFound, "No such file.")

    public init(_ database: Database, quota: StorageQuota = .none) {
        self.quota = quota
        records = JSONRecords(database: database)
    }

    public func files(_ filter: FileFilter, _ page: PageRequest, for principal: Principal) async throws -> Page {
        let place = filter.attachment
        return try await records.page(
            """
            \(Self.file), files.created_at::text as sort_value, files.id
            from files
            where (\(place.conversation)::uuid is null or conversation_id = \(place.conversation)::uuid)
                and (\(place.message)::uuid is null or message_id = \(place.message)::uuid)
                and (\(place.status)::uuid is null or status_id = \(place.status)::uuid)
                and (\(place.schedule)::uuid is null or schedule_id = \(place.schedule)::uuid)
                and \(page.bounds(time: "files.created_at", id: "files.id", table: "files"))
            order by \(page.order(time: "files.created_at", id: "files.id"))
            limit \(page.fetched)::integer
            """,
            page,
            as: principal
        )
    }

    public func file(_ id: FileID, for principal: Principal) async throws -> JSONText {
        try await records.one("\(Self.file) from files where id = \(id)", orElse: Self.noFile.sentence, as: principal)
    }

    public func announce(_ file: NewFile, size: Int, for principal: Principal) async throws -> FileID {
        let (id, place) = (FileID(), file.attachment)
        do {
            _ = try await StorageRoom.named {
                try await records.database.run(
                    [
                        quota.requirement(size),
                        """
                        insert into files (id, name, content_type, owner_id, conversation_id, message_id, status_id, schedule_id)
                        values (\(id), \(file.name), \(file.contentType), \(principal.user), \(Self.conversation(place)),
                            \(place.message), \(place.status), \(place.schedule))
                        """,
                    ],
                    as: principal
                )
            }
        } catch let error as PostgresError where Self.hidden.contains(error.sqlState ?? "") {
            throw Self.noPlace
        }
        return id
    }

    /// What a place that is hidden, absent, or not of the message fails with, each the same to whoever asks.
    private static let hidden = ["42501", "23503", "23514"]
    private static let noPlace = PublicError(.notFound, "There is nothing there that you could attach a file to.")

    /// A message's own, where none is named.
    private static func conversation(_ place: Attachment) -> Statement {
        """
        coalesce(\(place.conversation)::uuid, (select conversation_id from messages where id = \(place.message)::uuid))
        """
    }

    public func complete(_ id: FileID, with object: WholeObject, for principal: Principal) async throws -> Bool {
        try await StorageRoom.named {
            try await records.database.run(
                [Self.completion(id, object, principal), quota.requirement()],
                as: principal
            ).first?.affected == 1
        }
    }

    static func completion(_ id: FileID, _ object: WholeObject, _ principal: Principal) -> Statement {
        """
        update files
        set object_key = \(object.key), size_bytes = \(object.digest.size)::bigint, sha256 = \(object.digest.sha256),
            content_type = \(object.contentType), state = 'queued', updated_at = now()
        where id = \(id) and state = 'pending' and owner_id = \(principal.user)
        """
    }

    public func content(_ id: FileID, for principal: Principal) async throws -> FileContent {
        let rows = try await records.database.query(
            """
            select name, content_type, object_key, size_bytes, sha256, link_version from files
            where id = \(id) and object_key is not null
            """,
            as: principal
        )
        guard let row = rows.first else { throw Self.noFile }
        return try Self.content(row)
    }

    static func content(_ row: Row) throws -> FileContent {
        FileContent(
            name: try row.get("name"),
            contentType: try row.get("content_type"),
            key: try row.get("object_key"),
            size: try row.get("size_bytes", as: Int?.self) ?? 0,
            sha256: try row.get("sha256", as: String?.self) ?? "",
            linkVersion: try row.get("link_version")
        )
    }

    public func change(_ id: FileID, _ change: FileChange, for principal: Principal) async throws -> JSONText {
        let (moves, place) = (change.attachment != nil, change.attachment)
        let conversation: Statement = place.map(Self.conversation) ?? "null"
        do {
            let outcomes = try await records.database.run(
                [
                    """
                    update files
                    set name = coalesce(\(change.name), name),
                        conversation_id = case when \(moves)::boolean then \(conversation) else conversation_id end,
                        message_id = case when \(moves)::boolean then \(place?.message)::uuid else message_id end,
                        status_id = case when \(moves)::boolean then \(place?.status)::uuid else status_id end,
                        schedule_id = case when \(moves)::boolean then \(place?.schedule)::uuid else schedule_id end
                    where id = \(id)
                    """
                ],
                as: principal
            )
            guard outcomes.last?.affected == 1 else { throw Self.noFile }
        } catch let error as PostgresError where Self.hidden.contains(error.sqlState ?? "") {
            throw Self.noPlace
        }
        return try await file(id, for: principal)
    }

    public func delete(_ id: FileID, for principal: Principal) async throws -> [String] {
        guard let keys = try await objects.delete(where: "id = \(id)", for: principal) else { throw Self.noFile }
        return keys
    }

    private static let file: Statement = """
        select json_build_object(
            'id', id, 'name', name, 'content_type', content_type, 'size_bytes', size_bytes, 'sha256', sha256,
            'owner_id', owner_id, 'conversation_id', conversation_id, 'message_id', message_id,
            'status_id', status_id, 'schedule_id', schedule_id, 'state', state, 'state_reason', state_reason,
            'created_at', labsync.rfc3339(created_at)
        )::text as json
        """
}
