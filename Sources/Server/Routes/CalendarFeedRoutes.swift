import Assistant
import Domain
import Foundation
import Hummingbird

/// `/api/schedules/feed`: the calendar by a secret link, for programs that cannot sign in.
struct CalendarFeedRoutes {
    let accounts: any AccountStore
    let schedules: any ScheduleStore

    func add(to router: some RouterMethods<LabsyncContext>) {
        router.group("/api/schedules/feed")
            .post(use: make)
            .delete(use: revoke)
            .get("{secret}", use: feed)
    }

    /// A new link; the one before it ends.
    @Sendable
    private func make(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let secret = Secret.make()
        try await accounts.setCalendarLink(Secret.hash(secret), of: principal.user)
        let address = request.address(of: "/api/schedules/feed/\(secret).ics")
        return .json(try AssistantJSON.encode(["url": address]), status: .created)
    }

    @Sendable
    private func revoke(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        try await accounts.setCalendarLink(nil, of: try context.principal().user)
        return .nothing
    }

    @Sendable
    private func feed(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        guard let name = context.parameters.get("secret"), name.hasSuffix(".ics"), name.utf8.count < 100,
            let owner = try await accounts.calendarOwner(Secret.hash(String(name.dropLast(4))))
        else { throw PublicError(.notFound, "There is no calendar here.") }
        let events = try await schedules.events(around: Date(), for: Principal(user: owner))
        return Response(
            status: .ok,
            headers: [.contentType: "text/calendar; charset=utf-8", .cacheControl: "private, no-cache"],
            body: .init(byteBuffer: .init(string: CalendarFeed.text(events)))
        )
    }
}
