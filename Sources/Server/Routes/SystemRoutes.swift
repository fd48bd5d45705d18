import Foundation
import Hummingbird

/// What operators and other programs ask: is it alive, is it ready, how is it doing, which keys does it sign with.
struct SystemRoutes {
    let issuer: BuiltInIssuer
    let metrics: RequestMetrics
    /// Numbers of other rooms, by name.
    let gauges: @Sendable () async -> [String: Double]
    /// Throws while requests could not be served.
    let checkReadiness: @Sendable () async throws -> Void

    func add(to router: some RouterMethods<LabsyncContext>) {
        router.get("/healthz") { _, _ in Response.json(Data(#"{"status":"ok"}"#.utf8)) }
        router.get("/readyz", use: readiness)
        router.get("/metrics", use: numbers)
        router.get("/.well-known/jwks.json") { [issuer] _, _ in Response.json(try issuer.jwks()) }
    }

    @Sendable
    private func readiness(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        try await checkReadiness()
        return .json(Data(#"{"status":"ready"}"#.utf8))
    }

    @Sendable
    private func numbers(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        var text = metrics.text()
        for (name, value) in await gauges().sorted(by: { $0.key < $1.key }) {
            text += "# TYPE \(name) gauge\n\(name) \(value)\n"
        }
        return Response(
            status: .ok,
            headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: .init(byteBuffer: .init(string: text))
        )
    }
}
