import Hummingbird

/// Lets reads that only fetch rows be answered on the event loop of their connection, and takes everything else to
/// Swift's shared threads: who computes or waits on an event loop holds up every connection of that loop.
struct ThreadMiddleware: RouterMiddleware {
    typealias Context = LabsyncContext

    private static let rows = ["/api/chat/", "/api/status", "/api/schedules", "/api/users", "/api/roles"]

    func handle(
        _ request: Request,
        context: LabsyncContext,
        next: (Request, LabsyncContext) async throws -> Response
    ) async throws -> Response {
        let path = request.uri.path
        if request.method == .get, Self.rows.contains(where: path.hasPrefix) {
            return try await next(request, context)
        }
        return try await withTaskExecutorPreference(globalConcurrentExecutor) { try await next(request, context) }
    }
}
