import HTTPTypes
import Hummingbird

/// Finds out where a request came from when proxies stand before the server.
struct ClientAddressMiddleware: RouterMiddleware {
    typealias Context = LabsyncContext

    let proxies: TrustedProxies

    func handle(
        _ request: Request,
        context: LabsyncContext,
        next: (Request, LabsyncContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.forwardedAddress = proxies.client(
            peer: context.remoteAddress,
            forwarded: request.headers[values: .forwardedFor].joined(separator: ",")
        )
        return try await next(request, context)
    }
}

extension HTTPField.Name {
    fileprivate static let forwardedFor = HTTPField.Name("X-Forwarded-For") ?? .from
}
