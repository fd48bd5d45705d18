import Assistant
import Domain
import Foundation
import Hummingbird

/// `/api/schedules`
struct ScheduleRoutes {
    let store: any ScheduleStore

    func add(to router: some RouterMethods<LabsyncContext>) {
        router.group("/api/schedules")
            .get(use: schedules)
            .post(use: create)
            .get("free", use: free)
            .get("{id}", use: schedule)
            .patch("{id}", use: change)
            .delete("{id}", use: delete)
            .post("{id}/participants", use: addParticipants)
            .delete("{id}/participants/{user_id}", use: removeParticipant)
    }

    private static let noSchedule = "No such schedule."
    /// The longest span that free slots are looked for in.
    private static let longestSearch: TimeInterval = 92 * 86_400

    @Sendable
    private func schedules(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let query = QueryParameters(request)
        var filter = ScheduleFilter()
        filter.from = try query.time("from")
        filter.until = try query.time("to")
        filter.resource = try query.text("resource")
        filter.participant = try query.id("participant_id")
        let page = try query.page(oldestFirst: true)
        return .page(try await store.schedules(filter, page, for: principal), for: request)
    }

    @Sendable
    private func schedule(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: ScheduleID = try context.id("id", orElse: Self.noSchedule)
        return .json(try await store.schedule(id, for: principal), for: request)
    }

    @Sendable
    private func create(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        var body = try await JSONBody(request, context)
        let schedule = try NewSchedule(
            title: try body.text("title"),
            description: try body.optionalText("description"),
            start: try body.requiredTime("start_time"),
            end: try body.requiredTime("end_time"),
            allDay: try body.flag("all_day"),
            resource: try body.optionalText("resource"),
            participants: try body.ids("participants") ?? []
        )
        try body.requireNothingLeft()
        return .created(try await store.create(schedule, try request.once(body), for: principal))
    }

    @Sendable
    private func change(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: ScheduleID = try context.id("id", orElse: Self.noSchedule)
        var body = try await JSONBody(request, context)
        var change = ScheduleChange()
        change.title = try body.optionalText("title")
        change.description = try body.optionalText("description")
        change.start = try body.time("start_time")
        change.end = try body.time("end_time")
        change.allDay = try body.optionalFlag("all_day")
        change.resource = try body.optionalText("resource")
        change.participants = try body.ids("participants")
        try body.requireNothingLeft()
        return .json(try await store.change(id, change, for: principal))
    }

    @Sendable
    private func delete(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        try await store.delete(try context.id("id", orElse: Self.noSchedule) as ScheduleID, for: principal)
        return .nothing
    }

    @Sendable
    private func addParticipants(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: ScheduleID = try context.id("id", orElse: Self.noSchedule)
        var body = try await JSONBody(request, context)
        let people = try body.people()
        try body.requireNothingLeft()
        return .json(try await store.add(people, to: id, for: principal))
    }

    @Sendable
    private func removeParticipant(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: ScheduleID = try context.id("id", orElse: Self.noSchedule)
        try await store.remove(try context.id("user_id", orElse: "No such participant."), from: id, for: principal)
        return .nothing
    }

    /// `?resource=` or `?user_id=`, `from`, `to`, `minutes`: when it is free for so long.
    @Sendable
    private func free(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let query = QueryParameters(request)
        let subject: BusySubject
        if let resource = try query.text("resource") {
            subject = .resource(resource)
        } else {
            subject = .people([try query.id("user_id") ?? principal.user])
        }
        let from = try query.time("from") ?? Date()
        let until = try query.time("to") ?? from.addingTimeInterval(7 * 86_400)
        guard from < until, until.timeIntervalSince(from) <= Self.longestSearch else {
            throw PublicError(
                .invalid,
                "\"to\" must be after \"from\", by 92 days at most.",
                fields: [.init("?to", "is out of range")]
            )
        }
        let minutes = try query.number("minutes", in: 1...44_640, default: 30)
        let span = DateInterval(start: from, end: until)
        let busy = try await store.busy(subject, span, for: principal)
        let gaps = FreeSlots.gaps(in: span, busy: busy, shortest: TimeInterval(minutes * 60))
        let rows = try gaps.map { gap in
            let slot = ["start_time": gap.start, "end_time": gap.end]
            return JSONText(String(decoding: try AssistantJSON.encode(slot), as: UTF8.self))
        }
        return .list(rows, for: request)
    }
}
