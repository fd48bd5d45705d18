public import Assistant
public import Domain
public import Foundation

/// Conversations and their members. Runs as labsync_app.
public struct ChatRecords: ChatStore {
    let records: JSONRecords
    static let noConversation = PublicError(.notFound, "No such conversation.")

    public init(_ database: Database) {
        records = JSONRecords(database: database)
    }

    public func conversations(_ page: PageRequest, for principal: Principal) async throws -> Page {
        try await records.page(
            """
            \(Self.conversation(principal)), active_at::text as sort_value, id
            from (
                select conversations.*, coalesce(
                    (select max(created_at) from messages where conversation_id = conversations.id),
                    conversations.created_at
                ) as active_at
                from conversations
            ) as conversations
            where \(page.bounds(time: "active_at", id: "id", table: "conversations"))
            order by \(page.order(time: "active_at", id: "id"))
            limit \(page.fetched)::integer
            """,
            page,
            as: principal
        )
    }

    public func conversation(_ id: ConversationID, for principal: Principal) async throws -> JSONText {
        try await records.one(
            Self.reading(id, principal),
            orElse: Self.noConversation.sentence,
            as: principal
        )
    }

    public func create(
        _ conversation: NewConversation,
        _ once: Once?,
        for principal: Principal
    ) async throws -> Created {
        let id = UUID()
        do {
            return try await records.create(
                id,
                [
                    """
                    select labsync.create_conversation(
                        \(id)::uuid, \(conversation.name), \(conversation.isGroup)::boolean,
                        \(conversation.members)::uuid[])
                    """
                ],
                once,
                as: principal,
                refusal: PublicError(.unauthenticated, "You are not a member of this lab."),
                read: { Self.reading(ConversationID($0), principal) }
            )
        } catch PostgresError.statementFailed("23503", _, _, _) {
            throw Limits.invalid("member_ids", "names somebody who is no member of this lab")
        } catch PostgresError.statementFailed("23514", _, _, _) {
            throw Limits.invalid("member_ids", "must name exactly one other person unless is_group is true")
        } catch PostgresError.statementFailed("23505", _, "one_direct_conversation", _) {
            let pair = Array(Set(conversation.members + [principal.user]))
            guard let row = try await records.all(Self.direct(between: pair, principal), as: principal).first else {
                throw PublicError(.conflict, "Try again.")  // Deleted since.
            }
            return Created(row: row, isReplay: false, wasThere: true)
        }
    }

    public func rename(_ id: ConversationID, to name: String?, for principal: Principal) async throws -> JSONText {
        try Limits.check(name, "name", Limits.name)
        return try await changed(
            "update conversations set name = \(name), updated_at = now() where id = \(id)",
            id,
            refusal: "Only a group has a name.",
            principal
        )
    }

    public func delete(_ id: ConversationID, for principal: Principal) async throws {
        try await requireVisible(id, principal)
        let outcome = try await records.database.run(["delete from conversations where id = \(id)"], as: principal)
        guard outcome[0].affected == 1 else {
            throw PublicError(.forbidden, "Only who started a conversation deletes it.")
        }
    }

    public func members(of id: ConversationID, for principal: Principal) async throws -> [JSONText] {
        let members = try await records.all(Self.members(id), as: principal)
        guard !members.isEmpty else { throw Self.noConversation }
        return members
    }

    public func add(_ members: [UserID], to id: ConversationID, for principal: Principal) async throws -> [JSONText] {
        try Limits.check(count: members.count, "user_ids", Limits.members)
        try await requireVisible(id, principal)
        let add: Statement = """
            insert into conversation_members (conversation_id, user_id)
            select \(id)::uuid, unnest(\(members)::uuid[])
            on conflict do nothing
            """
        do {
            return try await records.database.run([add, Self.members(id)], as: principal)[1].rows
                .map { try JSONText($0.get("json")) }
        } catch let error as PostgresError where ["42501", "23503"].contains(error.sqlState) {
            throw PublicError(.invalid, "Only members of the lab can be added, and only to a group.")
        }
    }

    public func remove(_ member: UserID, from id: ConversationID, for principal: Principal) async throws {
        try await requireVisible(id, principal)
        let outcome = try await records.database.run(
            ["delete from conversation_members where conversation_id = \(id) and user_id = \(member)"],
            as: principal
        )
        guard outcome[0].affected == 1 else {
            throw PublicError(
                .forbidden,
                "One leaves a group oneself, or is removed by who started it; direct conversations keep their two."
            )
        }
    }

    public func markRead(_ id: ConversationID, until: Date?, for principal: Principal) async throws -> JSONText {
        try await changed(
            """
            update conversation_members
            set last_read_at = greatest(last_read_at, least(coalesce(\(until)::timestamptz, now()), now()))
            where conversation_id = \(id) and user_id = \(principal.user)
            """,
            id,
            refusal: Self.noConversation.sentence,
            principal
        )
    }

    private func requireVisible(_ id: ConversationID, _ principal: Principal) async throws {
        _ = try await records.one(
            "select '1' as json from conversations where id = \(id)",
            orElse: Self.noConversation.sentence,
            as: principal
        )
    }

    private func changed(
        _ change: Statement,
        _ id: ConversationID,
        refusal: String,
        _ principal: Principal
    ) async throws -> JSONText {
        let outcomes = try await records.database.run([change, Self.reading(id, principal)], as: principal)
        guard let row = outcomes[1].rows.first else { throw Self.noConversation }
        guard outcomes[0].affected == 1 else { throw PublicError(.forbidden, refusal) }
        return JSONText(try row.get("json"))
    }
}

extension ChatRecords {
    private static let mostUnreadCounted = 1000

    private static func reading(_ id: ConversationID, _ principal: Principal) -> Statement {
        "\(conversation(principal)) from conversations where id = \(id)"
    }

    /// From before there could be but one, and from imports, two people may have several: then the liveliest.
    private static func direct(between pair: [UserID], _ principal: Principal) -> Statement {
        """
        \(conversation(principal)) from conversations
        where is_group is not true and name is null and id in (
            select conversation_id from conversation_members where user_id = any (\(pair)::uuid[])
            group by conversation_id having count(*) = 2)
        order by coalesce((select max(created_at) from messages where conversation_id = conversations.id), created_at) desc, id
        limit 1
        """
    }

    private static func conversation(_ principal: Principal) -> Statement {
        """
        select json_build_object(
            'id', id, 'name', name, 'is_group', is_group, 'created_by', created_by,
            'created_at', labsync.rfc3339(created_at),
            'member_ids', array(
                select user_id from conversation_members where conversation_id = conversations.id order by user_id),
            'last_read_at', (
                select labsync.rfc3339(last_read_at) from conversation_members
                where conversation_id = conversations.id and user_id = \(principal.user)),
            'unread_count', (
                select count(*) from (
                    select from messages
                    where messages.conversation_id = conversations.id and sender_id <> \(principal.user)
                        and messages.created_at > coalesce(
                            (select last_read_at from conversation_members
                            where conversation_id = conversations.id and user_id = \(principal.user)),
                            '-infinity')
                    limit \(mostUnreadCounted)::integer) as unread),
            'last_message', (
                select json_build_object(
                    'id', messages.id, 'sender_id', sender_id, 'content', left(content, 200),
                    'created_at', labsync.rfc3339(messages.created_at))
                from messages where conversation_id = conversations.id
                order by messages.created_at desc, messages.id desc limit 1)
        )::text as json
        """
    }

    private static func members(_ id: ConversationID) -> Statement {
        """
        select json_build_object(
            'user_id', user_id, 'full_name', users.full_name, 'email', users.email, 'avatar_url', users.avatar_url,
            'joined_at', labsync.rfc3339(joined_at), 'last_read_at', labsync.rfc3339(last_read_at)
        )::text as json
        from conversation_members
        left join users on users.id = user_id
        where conversation_id = \(id)
        order by joined_at, user_id
        """
    }
}
