public import Assistant
public import Domain
public import Foundation

/// The lab's calendar. Runs as labsync_app.
public struct ScheduleRecords: ScheduleStore {
    private let records: JSONRecords
    private static let noSchedule = PublicError(.notFound, "No such schedule.")

    public init(_ database: Database) {
        records = JSONRecords(database: database)
    }

    public func schedules(
        _ filter: ScheduleFilter,
        _ page: PageRequest,
        for principal: Principal
    ) async throws -> Page {
        try await records.page(
            """
            \(Self.schedule), start_time::text as sort_value, id
            from lab_schedules
            where (\(filter.from)::timestamptz is null or end_time > \(filter.from)::timestamptz
                    or start_time >= \(filter.from)::timestamptz)
                and (\(filter.until)::timestamptz is null or start_time < \(filter.until)::timestamptz)
                and (\(filter.resource)::text is null or lower(resource) = lower(\(filter.resource)::text))
                and (\(filter.participant)::uuid is null or created_by = \(filter.participant)::uuid or exists (
                    select from schedule_participants
                    where schedule_id = lab_schedules.id and user_id = \(filter.participant)::uuid))
                and \(page.bounds(time: "start_time", id: "id", table: "lab_schedules"))
            order by \(page.order(time: "start_time", id: "id"))
            limit \(page.fetched)::integer
            """,
            page,
            as: principal
        )
    }

    public func schedule(_ id: ScheduleID, for principal: Principal) async throws -> JSONText {
        try await records.one(Self.reading(id), orElse: Self.noSchedule.sentence, as: principal)
    }

    public func create(_ schedule: NewSchedule, _ once: Once?, for principal: Principal) async throws -> Created {
        let id = UUID()
        let participants = Set(schedule.participants).sorted()
        do {
            return try await records.create(
                id,
                [
                    """
                    insert into lab_schedules (
                        id, title, description, start_time, end_time, created_by, resource, all_day)
                    values (\(id), \(schedule.title), \(schedule.description), \(schedule.start), \(schedule.end),
                        \(principal.user), \(schedule.resource), \(schedule.allDay))
                    """,
                    Self.adding(participants, to: ScheduleID(id)),
                ],
                once,
                as: principal,
                refusal: Limits.invalid("participants", "names somebody who is no member of this lab"),
                read: { Self.reading(ScheduleID($0)) }
            )
        } catch PostgresError.statementFailed("23503", _, _, _) {
            throw Limits.invalid("participants", "names somebody who is no member of this lab")
        }
    }

    public func change(_ id: ScheduleID, _ change: ScheduleChange, for principal: Principal) async throws -> JSONText {
        try change.check()
        var statements: [Statement] = [
            """
            update lab_schedules
            set title = coalesce(\(change.title), title), description = coalesce(\(change.description), description),
                start_time = coalesce(\(change.start), start_time), end_time = coalesce(\(change.end), end_time),
                all_day = coalesce(\(change.allDay), all_day), resource = coalesce(\(change.resource), resource),
                updated_at = now()
            where id = \(id)
            """
        ]
        if let participants = change.participants {
            statements += [
                """
                delete from schedule_participants
                where schedule_id = \(id) and user_id <> all (\(participants)::uuid[])
                    and exists (select from lab_schedules where id = \(id)
                        and (created_by = \(principal.user) or (select labsync.is_manager())))
                """,
                Self.adding(Set(participants).sorted(), to: id),
            ]
        }
        return try await changed(statements, id, principal)
    }

    public func delete(_ id: ScheduleID, for principal: Principal) async throws {
        let outcomes = try await records.database.run(
            ["select from lab_schedules where id = \(id)", "delete from lab_schedules where id = \(id)"],
            as: principal
        )
        guard !outcomes[0].rows.isEmpty else { throw Self.noSchedule }
        guard outcomes[1].affected == 1 else { throw Self.notYours }
    }

    public func add(
        _ participants: [UserID],
        to id: ScheduleID,
        for principal: Principal
    ) async throws -> JSONText {
        try Limits.check(count: participants.count, "user_ids", Limits.members)
        _ = try await schedule(id, for: principal)
        return try await changed([Self.adding(Set(participants).sorted(), to: id)], id, principal, expected: nil)
    }

    public func remove(_ participant: UserID, from id: ScheduleID, for principal: Principal) async throws {
        _ = try await schedule(id, for: principal)
        let outcomes = try await records.database.run(
            ["delete from schedule_participants where schedule_id = \(id) and user_id = \(participant)"],
            as: principal
        )
        guard outcomes[0].affected == 1 else {
            throw PublicError(.notFound, "No such participant, or not yours to remove.")
        }
    }

    public func busy(
        _ subject: BusySubject,
        _ span: DateInterval,
        for principal: Principal
    ) async throws -> [DateInterval] {
        let condition: Statement =
            switch subject {
            case .resource(let name): "lower(resource) = lower(\(name))"
            case .people(let people):
                """
                exists (select from schedule_participants
                    where schedule_id = lab_schedules.id and user_id = any (\(people)::uuid[]))
                """
            }
        return try await records.database.query(
            """
            select start_time, end_time from lab_schedules
            where \(condition) and start_time < \(span.end) and end_time > \(span.start)
            order by start_time
            """,
            as: principal
        ).map { DateInterval(start: try $0.get("start_time"), end: try $0.get("end_time")) }
    }

    public func events(around now: Date, for principal: Principal) async throws -> [CalendarEvent] {
        try await records.database.query(
            """
            select id, coalesce(title, '') as title, description, resource, start_time, end_time, all_day,
                coalesce(updated_at, created_at) as changed_at
            from lab_schedules
            where end_time > \(now)::timestamptz - interval '90 days'
                and start_time < \(now)::timestamptz + interval '1 year'
            order by start_time, id limit 5000
            """,
            as: principal
        ).map { row in
            CalendarEvent(
                id: try row.get("id"),
                title: try row.get("title"),
                description: try row.get("description"),
                resource: try row.get("resource"),
                start: try row.get("start_time"),
                end: try row.get("end_time"),
                allDay: try row.get("all_day"),
                changedAt: try row.get("changed_at")
            )
        }
    }
}

extension ScheduleRecords {
    private static let notYours = PublicError(.forbidden, "Only who made an entry, or a manager, changes it.")

    private func changed(
        _ statements: [Statement],
        _ id: ScheduleID,
        _ principal: Principal,
        expected: Int? = 1
    ) async throws -> JSONText {
        do {
            let outcomes = try await records.database.run(statements + [Self.reading(id)], as: principal)
            guard let row = outcomes.last?.rows.first else { throw Self.noSchedule }
            guard expected == nil || outcomes[0].affected == expected else { throw Self.notYours }
            return JSONText(try row.get("json"))
        } catch let error as PostgresError where error.sqlState == "42501" {
            _ = try await schedule(id, for: principal)
            throw PublicError(.forbidden, "Only who made an entry, or a manager, changes it; people must be members.")
        } catch PostgresError.statementFailed("23514", _, _, _) {
            throw Limits.invalid("end_time", "must not be before start_time")
        }
    }

    private static func adding(_ participants: [UserID], to id: ScheduleID) -> Statement {
        """
        insert into schedule_participants (schedule_id, user_id)
        select \(id)::uuid, unnest(\(participants)::uuid[])
        on conflict do nothing
        """
    }

    private static func reading(_ id: ScheduleID) -> Statement {
        "\(schedule) from lab_schedules where id = \(id)"
    }

    /// Conflicts are other entries of the same resource, or with the same people, at the same time.
    private static let schedule: Statement = """
        select json_build_object(
            'id', id, 'title', title, 'description', description, 'start_time', labsync.rfc3339(start_time),
            'end_time', labsync.rfc3339(end_time), 'all_day', all_day, 'resource', resource,
            'created_by', created_by, 'created_at', labsync.rfc3339(created_at),
            'updated_at', labsync.rfc3339(updated_at),
            'participants', array(
                select user_id from schedule_participants where schedule_id = lab_schedules.id order by user_id),
            'conflicts', coalesce((
                select json_agg(json_build_object(
                    'id', other.id, 'title', other.title, 'start_time', labsync.rfc3339(other.start_time),
                    'end_time', labsync.rfc3339(other.end_time),
                    'reason', case when lower(other.resource) = lower(lab_schedules.resource)
                        then 'resource' else 'participant' end) order by other.start_time, other.id)
                from lab_schedules as other
                where other.id <> lab_schedules.id and other.start_time < lab_schedules.end_time
                    and other.end_time > lab_schedules.start_time
                    and (lower(other.resource) = lower(lab_schedules.resource) or exists (
                        select from schedule_participants as mine
                        join schedule_participants as theirs on theirs.user_id = mine.user_id
                        where mine.schedule_id = lab_schedules.id and theirs.schedule_id = other.id))), '[]')
        )::text as json
        """
}
