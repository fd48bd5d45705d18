public import Assistant
public import Domain
import Foundation

extension ChatRecords {
    private static let noMessage = "No such message."

    public func messages(
        _ filter: MessageFilter,
        _ page: PageRequest,
        for principal: Principal
    ) async throws -> Page {
        let condition: Statement
        switch filter {
        case .conversation(let id):
            condition = "messages.conversation_id = \(id)"
        case .mentionsOfMe:
            condition = """
                messages.content like '%@%'
                and \(principal.user)::uuid = any (labsync.mentions(messages.content, messages.conversation_id))
                """
        }
        let found = try await records.page(
            """
            \(Self.message), messages.created_at::text as sort_value, messages.id
            from messages left join users on users.id = messages.sender_id
            where \(condition)
                and \(page.bounds(time: "messages.created_at", id: "messages.id", table: "messages"))
            order by \(page.order(time: "messages.created_at", id: "messages.id"))
            limit \(page.fetched)::integer
            """,
            page,
            as: principal
        )
        // An empty conversation and one that is hidden must not look the same to its members.
        if case .conversation(let id) = filter, found.rows.isEmpty {
            _ = try await records.one(
                "select '1' as json from conversations where id = \(id)",
                orElse: Self.noConversation.sentence,
                as: principal
            )
        }
        return found
    }

    public func message(_ id: MessageID, for principal: Principal) async throws -> JSONText {
        try await records.one(Self.reading(id), orElse: Self.noMessage, as: principal)
    }

    public func post(_ message: NewMessage, _ once: Once?, for principal: Principal) async throws -> Created {
        let id = UUID()
        return try await records.create(
            id,
            [
                """
                insert into messages (id, conversation_id, sender_id, content, media_url, reply_to)
                values (\(id), \(message.conversation), \(principal.user), \(message.content), \(message.mediaURL),
                    \(message.replyTo))
                """
            ],
            once,
            as: principal,
            refusal: Self.noConversation,
            read: { Self.reading(MessageID($0)) }
        )
    }

    public func edit(_ id: MessageID, _ change: MessageChange, for principal: Principal) async throws -> JSONText {
        let outcomes = try await records.database.run(
            [
                """
                update messages
                set content = coalesce(\(change.content), content), media_url = coalesce(\(change.mediaURL), media_url),
                    edited_at = now()
                where id = \(id)
                """,
                Self.reading(id),
            ],
            as: principal
        )
        guard let row = outcomes[1].rows.first else { throw PublicError(.notFound, Self.noMessage) }
        guard outcomes[0].affected == 1 else { throw PublicError(.forbidden, "Only who wrote a message edits it.") }
        return JSONText(try row.get("json"))
    }

    public func delete(_ id: MessageID, for principal: Principal) async throws {
        let outcomes = try await records.database.run(
            ["select from messages where id = \(id)", "delete from messages where id = \(id)"],
            as: principal
        )
        guard !outcomes[0].rows.isEmpty else { throw PublicError(.notFound, Self.noMessage) }
        guard outcomes[1].affected == 1 else { throw PublicError(.forbidden, "Only who wrote a message deletes it.") }
    }

    private static func reading(_ id: MessageID) -> Statement {
        "\(message) from messages left join users on users.id = messages.sender_id where messages.id = \(id)"
    }

    private static let message: Statement = """
        select json_build_object(
            'id', messages.id, 'conversation_id', messages.conversation_id, 'sender_id', messages.sender_id,
            'sender_name', users.full_name, 'content', messages.content, 'media_url', messages.media_url,
            'reply_to', messages.reply_to, 'mentions', case when messages.content like '%@%'
                then labsync.mentions(messages.content, messages.conversation_id) else '{}' end,
            'created_at', labsync.rfc3339(messages.created_at), 'edited_at', labsync.rfc3339(messages.edited_at)
        )::text as json
        """
}
