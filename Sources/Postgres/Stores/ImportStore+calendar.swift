import Domain
import Foundation
public import Ingest

/// Calendars: an event's entries are made, changed and taken away until they are as the calendar has them.
extension ImportStore: CalendarSink {
    public func store(_ events: [ImportedEvent]) async throws -> CalendarChanges {
        let rows = try Self.json(events.flatMap { event in event.occurrences.map { EventRow(event.uid, $0) } })
        return try await database.withTransaction { transaction in
            let removed = try await transaction.run(
                """
                delete from lab_schedules
                using imported_events
                where imported_events.schedule_id = lab_schedules.id
                    and imported_events.uid = any (\(events.map(\.uid))::text[])
                    and lab_schedules.id not in (select id from jsonb_to_recordset(\(rows)::jsonb) as row(id uuid))
                """
            )
            let written = try await transaction.query(
                """
                insert into lab_schedules (id, title, description, resource, start_time, end_time, all_day, created_by)
                select id, title, description, resource, start, "end", all_day, created_by
                from jsonb_to_recordset(\(rows)::jsonb) as row(
                    id uuid, title text, description text, resource text, start timestamptz, "end" timestamptz,
                    all_day boolean, created_by uuid)
                on conflict (id) do update
                set title = excluded.title, description = excluded.description, resource = excluded.resource,
                    start_time = excluded.start_time, end_time = excluded.end_time, all_day = excluded.all_day,
                    updated_at = now()
                where (
                    lab_schedules.title, lab_schedules.description, lab_schedules.resource, lab_schedules.start_time,
                    lab_schedules.end_time, lab_schedules.all_day
                ) is distinct from (
                    excluded.title, excluded.description, excluded.resource, excluded.start_time, excluded.end_time,
                    excluded.all_day
                )
                returning xmax = 0 as is_new
                """
            ).map { try $0.get("is_new", as: Bool.self) }
            try await Self.settle(rows, transaction)
            let added = written.count { $0 }
            return CalendarChanges(added: added, changed: written.count - added, removed: removed)
        }
    }

    private static func settle(_ rows: String, _ transaction: Transaction) async throws {
        try await transaction.run([
            """
            insert into imported_events (schedule_id, uid)
            select id, uid from jsonb_to_recordset(\(rows)::jsonb) as row(id uuid, uid text)
            on conflict do nothing
            """,
            """
            delete from schedule_participants
            using jsonb_to_recordset(\(rows)::jsonb) as row(id uuid, participants uuid[])
            where schedule_id = row.id and user_id <> all (row.participants)
            """,
            """
            insert into schedule_participants (schedule_id, user_id)
            select row.id, participant.id
            from jsonb_to_recordset(\(rows)::jsonb) as row(id uuid, participants uuid[]),
                unnest(row.participants) as participant(id)
            on conflict do nothing
            """,
        ])
    }
}

private struct EventRow: Encodable {
    let uid: String
    let id: ScheduleID
    let title: String
    let description: String?
    let resource: String?
    let start: Date
    let end: Date
    let allDay: Bool
    let createdBy: UserID
    let participants: [UserID]

    init(_ uid: String, _ entry: ImportRecord.Schedule) {
        self.uid = uid
        id = entry.id
        title = entry.title
        description = entry.description
        resource = entry.resource
        start = entry.start
        end = entry.end
        allDay = entry.allDay
        createdBy = entry.createdBy
        participants = entry.participants
    }
}
