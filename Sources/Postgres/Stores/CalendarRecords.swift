public import Assistant
public import Domain
public import Foundation

/// The calendar and what happened in the lab, read as the asker. Runs as labsync_app.
public struct CalendarRecords: CalendarReader {
    private static let mostEntries = 10_000
    private static let mostStatuses = 6
    private static let mostDiscussions = 8

    private let database: Database

    public init(_ database: Database) {
        self.database = database
    }

    public func vocabulary(for principal: Principal) async throws -> CalendarVocabulary {
        let outcomes = try await database.run(
            [
                "select distinct resource from lab_schedules where resource <> ''",
                "select id, coalesce(full_name, split_part(email, '@', 1)) as name from users",
            ],
            as: principal
        )
        return CalendarVocabulary(
            resources: try outcomes[0].rows.map { try $0.get("resource") },
            people: Dictionary(
                try outcomes[1].rows.map { (try $0.get("id", as: UserID.self), try $0.get("name", as: String.self)) },
                uniquingKeysWith: { first, _ in first }
            )
        )
    }

    public func entries(in span: DateInterval, for principal: Principal) async throws -> [CalendarEntry] {
        // Whole days are dates in UTC and may reach into the span from up to a day away.
        try await database.query(
            """
            select id, coalesce(title, '') as title, description, resource, start_time, end_time, all_day, created_by,
                array(
                    select user_id from schedule_participants
                    where schedule_id = lab_schedules.id order by user_id
                ) as participants
            from lab_schedules
            where start_time is not null and end_time is not null and (
                start_time <= \(span.end) and end_time >= \(span.start)
                or all_day and start_time <= \(span.end)::timestamptz + interval '1 day'
                    and end_time >= \(span.start)::timestamptz - interval '1 day'
            )
            order by start_time, id
            limit \(Self.mostEntries)
            """,
            as: principal
        ).map { row in
            CalendarEntry(
                id: try row.get("id"),
                title: try row.get("title"),
                description: try row.get("description"),
                resource: try row.get("resource"),
                start: try row.get("start_time"),
                end: try row.get("end_time"),
                allDay: try row.get("all_day"),
                participants: try row.get("participants", as: [UUID].self).map { UserID($0) },
                createdBy: try row.get("created_by")
            )
        }
    }

    public func activity(
        in span: DateInterval,
        room: ConversationID?,
        for principal: Principal
    ) async throws -> LabActivity {
        let outcomes = try await database.run(
            [statuses(span, isPublicOnly: room != nil, principal), discussions(span, room, principal)],
            as: principal
        )
        return LabActivity(
            statuses: try outcomes[0].rows.map { try Evidence($0) },
            discussions: try outcomes[1].rows.map { row in
                LabActivity.Discussion(
                    conversation: try row.get("conversation_id"),
                    name: try row.get("title"),
                    count: try row.get("messages"),
                    sample: try Evidence(row)
                )
            }
        )
    }

    private func statuses(_ span: DateInterval, isPublicOnly: Bool, _ principal: Principal) -> Statement {
        """
        select null::bigint as id, 'status' as source_kind, statuses.id as source_id, null::uuid as conversation_id,
            statuses.author_id, users.full_name as author_name, null as title, statuses.created_at,
            null::timestamptz as starts_at, null::timestamptz as ends_at, null as locator, statuses.text
        from statuses
        left join users on users.id = statuses.author_id
        where statuses.created_at >= \(span.start) and statuses.created_at < \(span.end)
            and statuses.author_id <> \(principal.user) and statuses.text is not null
            and (statuses.visibility = 'public' or not \(isPublicOnly)::boolean)
        order by statuses.created_at desc
        limit \(Self.mostStatuses)
        """
    }

    /// In a room only the room itself: of other conversations not everybody in it is a member.
    private func discussions(_ span: DateInterval, _ room: ConversationID?, _ principal: Principal) -> Statement {
        """
        select sample.*, tally.messages
        from (
            select conversation_id, count(*) as messages from messages
            where created_at >= \(span.start) and created_at < \(span.end) and content is not null
                and sender_id is distinct from \(principal.user)::uuid
                and sender_id is distinct from labsync.assistant_id()
                and (\(room)::uuid is null or conversation_id = \(room)::uuid)
            group by conversation_id
            order by count(*) desc, conversation_id
            limit \(Self.mostDiscussions)
        ) as tally
        cross join lateral (
            select null::bigint as id, 'message' as source_kind, messages.id as source_id, messages.conversation_id,
                messages.sender_id as author_id, users.full_name as author_name, conversations.name as title,
                messages.created_at, null::timestamptz as starts_at, null::timestamptz as ends_at, null as locator,
                messages.content as text
            from messages
            left join users on users.id = messages.sender_id
            left join conversations on conversations.id = messages.conversation_id
            where messages.conversation_id = tally.conversation_id
                and messages.created_at >= \(span.start) and messages.created_at < \(span.end)
                and messages.content is not null and messages.sender_id is distinct from \(principal.user)::uuid
                and messages.sender_id is distinct from labsync.assistant_id()
            -- The longest says the most.
            order by length(messages.content) desc, messages.created_at desc
            limit 1
        ) as sample
        order by tally.messages desc, tally.conversation_id
        """
    }
}
