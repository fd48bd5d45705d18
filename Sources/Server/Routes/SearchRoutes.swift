import Assistant
import Domain
import Hummingbird

/// `POST /api/search`
struct SearchRoutes {
    let service: SearchService

    func add(to router: some RouterMethods<LabsyncContext>) {
        router.post("/api/search", use: search)
    }

    @Sendable
    private func search(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        var body = try await JSONBody(request, context)
        var query = SearchService.Query(try body.text("query"))
        query.limit = try body.number("limit") ?? query.limit
        query.sources = try body.sources("sources")
        query.conversation = try body.id("conversation_id")
        query.since = try body.time("since")
        query.until = try body.time("until")
        query.timeZone = try body.timeZone("timezone")
        query.mode = try body.choice("mode")
        query.isExplained = try body.flag("explain")
        try body.requireNothingLeft()
        let outcome = try await service.search(query, for: principal)
        return .json(try SearchResponse(outcome, explained: query.isExplained ? query : nil).json())
    }
}
