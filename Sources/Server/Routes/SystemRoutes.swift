import Foundation
import Hummingbird

/// What operators and other programs ask: is it alive, is it ready, which keys does it sign with.
struct SystemRoutes {
    let issuer: BuiltInIssuer
    /// Throws while requests could not be served.
    let checkReadiness: @Sendable () async throws -> Void

    func add(to router: some RouterMethods<LabsyncContext>) {
        router.get("/healthz") { _, _ in Response.json(Data(#"{"status":"ok"}"#.utf8)) }
        router.get("/readyz", use: readiness)
        router.get("/.well-known/jwks.json") { [issuer] _, _ in Response.json(try issuer.jwks()) }
    }

    @Sendable
    private func readiness(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        try await checkReadiness()
        return .json(Data(#"{"status":"ready"}"#.utf8))
    }
}
