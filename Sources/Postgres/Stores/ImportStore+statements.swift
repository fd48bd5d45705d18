import Domain
import Foundation
import Ingest

/// One statement a kind; the rows travel as one JSON array, so that a batch costs one round trip.
extension ImportStore {
    static func insertRoles(_ records: ArraySlice<ImportRecord>, _ transaction: Transaction) async throws -> Int {
        let names = records.compactMap { if case .role(let role) = $0 { role.name } else { nil } }
        return try await ensureRoles(names, transaction)
    }

    /// Roles are known by name: a serial from elsewhere means nothing here.
    private static func ensureRoles(_ names: [String], _ transaction: Transaction) async throws -> Int {
        try await transaction.run(
            "insert into roles (name) select distinct unnest(\(names)::text[]) on conflict (name) do nothing"
        )
    }

    static func insertUsers(_ records: ArraySlice<ImportRecord>, _ transaction: Transaction) async throws -> Int {
        let users = records.compactMap { if case .user(let user) = $0 { user } else { nil } }
        _ = try await ensureRoles(users.flatMap(\.roles), transaction)
        let rows = try json(users)
        let added = try await transaction.run(
            """
            insert into users (id, email, full_name, avatar_url, created_at)
            select id, email, full_name, avatar_url, coalesce(created_at, now())
            from jsonb_to_recordset(\(rows)::jsonb)
                as row(id uuid, email text, full_name text, avatar_url text, created_at timestamptz)
            on conflict (id) do nothing
            """
        )
        _ = try await transaction.run(
            """
            insert into user_roles (user_id, role_id)
            select row.id, roles.id
            from jsonb_to_recordset(\(rows)::jsonb) as row(id uuid, roles text[])
            join roles on roles.name = any (row.roles)
            on conflict do nothing
            """
        )
        return added
    }

    static func insertConversations(
        _ records: ArraySlice<ImportRecord>,
        _ transaction: Transaction
    ) async throws -> Int {
        let conversations = records.compactMap { if case .conversation(let row) = $0 { row } else { nil } }
        let rows = try json(conversations)
        let added = try await transaction.run(
            """
            insert into conversations (id, name, is_group, created_at)
            select id, name, is_group, coalesce(created_at, now())
            from jsonb_to_recordset(\(rows)::jsonb)
                as row(id uuid, name text, is_group boolean, created_at timestamptz)
            on conflict (id) do nothing
            """
        )
        let members = conversations.flatMap { row in row.members.map { (row.id, $0) } }
        _ = try await insertMembers(members, transaction)
        return added
    }

    static func insertMembers(_ records: ArraySlice<ImportRecord>, _ transaction: Transaction) async throws -> Int {
        let members = records.compactMap { if case .member(let row) = $0 { (row.conversation, row.user) } else { nil } }
        return try await insertMembers(members, transaction)
    }

    private static func insertMembers(
        _ members: [(ConversationID, UserID)],
        _ transaction: Transaction
    ) async throws -> Int {
        guard !members.isEmpty else { return 0 }
        return try await transaction.run(
            """
            insert into conversation_members (conversation_id, user_id)
            select * from unnest(\(members.map(\.0.uuid))::uuid[], \(members.map(\.1.uuid))::uuid[])
            on conflict do nothing
            """
        )
    }

    static func insertMessages(_ records: ArraySlice<ImportRecord>, _ transaction: Transaction) async throws -> Int {
        let rows = records.compactMap { if case .message(let row) = $0 { row } else { nil } }
        return try await transaction.run(
            """
            insert into messages (id, conversation_id, sender_id, content, media_url, created_at, reply_to, edited_at)
            select id, conversation, sender, content, media_url, coalesce(created_at, now()), reply_to, edited_at
            from unnest(
                \(BinaryArray.uuids(rows.map { $0.id.uuid }))::uuid[],
                \(BinaryArray.uuids(rows.map { $0.conversation.uuid }))::uuid[],
                \(BinaryArray.uuids(rows.map { $0.sender.uuid }))::uuid[],
                \(BinaryArray.texts(rows.map { $0.content }))::text[],
                \(BinaryArray.texts(rows.map { $0.mediaURL }))::text[],
                \(BinaryArray.times(rows.map { $0.createdAt }))::timestamptz[],
                \(BinaryArray.uuids(rows.map { $0.replyTo?.uuid }))::uuid[],
                \(BinaryArray.times(rows.map { $0.editedAt }))::timestamptz[]
            ) as row (id, conversation, sender, content, media_url, created_at, reply_to, edited_at)
            on conflict (id) do nothing
            """
        )
    }

    static func insertStatuses(_ records: ArraySlice<ImportRecord>, _ transaction: Transaction) async throws -> Int {
        let statuses = records.compactMap { if case .status(let row) = $0 { row } else { nil } }
        _ = try await ensureRoles(statuses.flatMap(\.roles), transaction)
        let rows = try json(statuses)
        let added = try await transaction.run(
            """
            insert into statuses (id, author_id, text, media_url, visibility, created_at)
            select id, author, text, media_url, visibility, coalesce(created_at, now())
            from jsonb_to_recordset(\(rows)::jsonb) as row(
                id uuid, author uuid, text text, media_url text, visibility text, created_at timestamptz)
            on conflict (id) do nothing
            """
        )
        _ = try await transaction.run(
            """
            insert into status_roles (status_id, role_id)
            select row.id, roles.id
            from jsonb_to_recordset(\(rows)::jsonb) as row(id uuid, roles text[])
            join roles on roles.name = any (row.roles)
            on conflict do nothing
            """
        )
        return added
    }

    static func insertComments(_ records: ArraySlice<ImportRecord>, _ transaction: Transaction) async throws -> Int {
        let rows = try json(records.compactMap { if case .comment(let row) = $0 { row } else { nil } })
        return try await transaction.run(
            """
            insert into status_comments (id, status_id, author_id, text, created_at)
            select id, status, author, text, coalesce(created_at, now())
            from jsonb_to_recordset(\(rows)::jsonb) as row(
                id uuid, status uuid, author uuid, text text, created_at timestamptz)
            on conflict (id) do nothing
            """
        )
    }

    static func insertSchedules(_ records: ArraySlice<ImportRecord>, _ transaction: Transaction) async throws -> Int {
        let schedules = records.compactMap { if case .schedule(let row) = $0 { row } else { nil } }
        let rows = try json(schedules)
        let added = try await transaction.run(
            """
            insert into lab_schedules (id, title, description, resource, start_time, end_time, all_day, created_by)
            select id, title, description, resource, start, "end", all_day, created_by
            from jsonb_to_recordset(\(rows)::jsonb) as row(
                id uuid, title text, description text, resource text, start timestamptz, "end" timestamptz,
                all_day boolean, created_by uuid)
            on conflict (id) do nothing
            """
        )
        _ = try await transaction.run(
            """
            insert into schedule_participants (schedule_id, user_id)
            select row.id, participant.id
            from jsonb_to_recordset(\(rows)::jsonb) as row(id uuid, participants uuid[]),
                unnest(row.participants) as participant(id)
            on conflict do nothing
            """
        )
        return added
    }

    static func insertFiles(
        _ records: ArraySlice<ImportRecord>,
        _ objects: [FileID: StoredObject],
        _ transaction: Transaction
    ) async throws -> Int {
        let files = records.compactMap { if case .file(let row) = $0 { row } else { nil } }
        let rows = try json(files.map { FileRow($0, objects[$0.id]) })
        return try await transaction.run(
            """
            insert into files (
                id, name, content_type, size_bytes, sha256, object_key, owner_id,
                conversation_id, message_id, status_id, schedule_id, state, created_at)
            select id, name, content_type, size_bytes, sha256, object_key, owner,
                conversation, message, status, schedule, 'queued', coalesce(created_at, now())
            from jsonb_to_recordset(\(rows)::jsonb) as row(
                id uuid, name text, content_type text, size_bytes bigint, sha256 text, object_key text, owner uuid,
                conversation uuid, message uuid, status uuid, schedule uuid, created_at timestamptz)
            on conflict (id) do nothing
            """
        )
    }

    /// Columns are the properties' names in snake case.
    static func json(_ rows: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        }
        return String(decoding: try encoder.encode(rows), as: UTF8.self)
    }
}

/// A file's columns without its text, which lies in the object store.
private struct FileRow: Encodable {
    let id: FileID
    let name: String
    let contentType: String
    let sizeBytes: Int?
    let sha256: String?
    let objectKey: String?
    let owner: UserID
    let conversation: ConversationID?
    let message: MessageID?
    let status: StatusID?
    let schedule: ScheduleID?
    let createdAt: Date?

    init(_ file: ImportRecord.File, _ object: StoredObject?) {
        id = file.id
        name = file.name
        contentType = file.contentType
        sizeBytes = object?.byteCount
        sha256 = object?.sha256
        objectKey = object?.key
        owner = file.owner
        conversation = file.conversation
        message = file.message
        status = file.status
        schedule = file.schedule
        createdAt = file.createdAt
    }
}
