public import Domain
import Foundation
public import Ingest

/// Sources as workers read them, one statement a kind.
extension IndexJobStore {
    public func documents(for sources: [SourceReference]) async throws -> [SourceReference: SourceDocument] {
        var documents: [SourceReference: SourceDocument] = [:]
        for (kind, members) in Dictionary(grouping: sources, by: \.kind) {
            let rows = try await database.query(Self.statement(kind, members.map(\.id)))
            for row in rows {
                let document = try Self.document(kind, row)
                documents[document.source] = document
            }
        }
        return documents
    }

    private static func statement(_ kind: SourceKind, _ ids: [UUID]) -> Statement {
        switch kind {
        case .message:
            """
            select messages.id, 'conversation:' || messages.conversation_id as scope, messages.conversation_id,
                messages.sender_id as author_id, users.full_name as author_name, conversations.name as title,
                messages.created_at, messages.content as text
            from messages
            left join users on users.id = messages.sender_id
            left join conversations on conversations.id = messages.conversation_id
            where messages.id = any (\(ids)::uuid[])
                -- What the assistant said is no evidence for what it says next.
                and messages.sender_id is distinct from labsync.assistant_id()
            """
        case .status:
            """
            select statuses.id, labsync.scope_of('status', statuses.id) as scope, statuses.author_id,
                users.full_name as author_name, statuses.created_at, statuses.text
            from statuses left join users on users.id = statuses.author_id
            where statuses.id = any (\(ids)::uuid[])
            """
        case .comment:
            """
            select status_comments.id, labsync.scope_of('comment', status_comments.id) as scope,
                status_comments.author_id, users.full_name as author_name, status_comments.created_at,
                status_comments.text, statuses.text as status
            from status_comments
            join statuses on statuses.id = status_comments.status_id
            left join users on users.id = status_comments.author_id
            where status_comments.id = any (\(ids)::uuid[])
            """
        case .schedule:
            """
            select lab_schedules.id, 'everyone' as scope, lab_schedules.created_by as author_id,
                users.full_name as author_name, lab_schedules.title, lab_schedules.created_at,
                lab_schedules.description as text, lab_schedules.resource, lab_schedules.start_time,
                lab_schedules.end_time,
                array(
                    select coalesce(participant.full_name, participant.email)
                    from schedule_participants
                    join users as participant on participant.id = schedule_participants.user_id
                    where schedule_participants.schedule_id = lab_schedules.id
                    order by 1
                ) as participants
            from lab_schedules left join users on users.id = lab_schedules.created_by
            where lab_schedules.id = any (\(ids)::uuid[])
            """
        case .file:
            """
            select files.id, labsync.scope_of('file', files.id) as scope, files.conversation_id,
                files.owner_id as author_id, users.full_name as author_name, files.name as title, files.created_at,
                file_texts.text, file_texts.sections::text as sections, files.object_key, files.content_type
            from files
            left join users on users.id = files.owner_id
            left join file_texts on file_texts.file_id = files.id
            where files.id = any (\(ids)::uuid[]) and files.state in ('queued', 'indexed') and files.object_key is not null
            """
        }
    }

    private static func document(_ kind: SourceKind, _ row: Row) throws -> SourceDocument {
        guard let scope = Scope(try row.get("scope", as: String.self)) else { throw PostgresError.undecodable("scope") }
        return SourceDocument(
            source: SourceReference(kind: kind, id: try row.get("id")),
            scope: scope,
            conversation: kind == .message || kind == .file ? try row.get("conversation_id") : nil,
            author: try row.get("author_id"),
            authorName: try row.get("author_name"),
            title: kind == .status || kind == .comment ? nil : try row.get("title"),
            createdAt: try row.get("created_at") ?? Date(timeIntervalSince1970: 0),
            startsAt: kind == .schedule ? try row.get("start_time") : nil,
            endsAt: kind == .schedule ? try row.get("end_time") : nil,
            body: try body(kind, row)
        )
    }

    private static func body(_ kind: SourceKind, _ row: Row) throws -> SourceDocument.Body {
        let text: String? = try row.get("text")
        switch kind {
        case .message: return .message(text ?? "")
        case .status: return .status(text ?? "")
        case .comment: return .comment(text ?? "", onStatus: try row.get("status") ?? "")
        case .schedule:
            return .schedule(
                description: text,
                resource: try row.get("resource"),
                participants: try row.get("participants")
            )
        case .file:
            return .file(
                objectKey: try row.get("object_key"),
                contentType: try row.get("content_type"),
                extractedText: try text.map { try ExtractedText(storedText: $0, sections: try row.get("sections")) }
            )
        }
    }
}
