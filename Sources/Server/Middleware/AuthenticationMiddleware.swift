public import Domain
import Hummingbird

/// Verifies the token of a request, if it brings one; routes decide whether they need it.
struct AuthenticationMiddleware: RouterMiddleware {
    typealias Context = LabsyncContext

    let verifier: any TokenVerifier
    /// Pages that may use the cookie for requests that change something.
    let allowedOrigins: Set<String>

    func handle(
        _ request: Request,
        context: LabsyncContext,
        next: (Request, LabsyncContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        if let header = request.headers[.authorization] {
            guard header.lowercased().hasPrefix("bearer ") else {
                throw PublicError(.unauthenticated, "Send the token as `Authorization: Bearer …`.")
            }
            context.signedIn = try await verifier.principal(of: String(header.dropFirst(7)))
        } else if let token = request.cookies["__session"]?.value {
            try requireOwnPage(request)
            context.signedIn = try await verifier.principal(of: token)
        }
        return try await next(request, context)
    }

    /// A browser sends cookies along from any page: only our own may make changes with them.
    private func requireOwnPage(_ request: Request) throws {
        guard ![.get, .head, .options].contains(request.method) else { return }
        if let origin = request.headers[.origin] {
            guard allowedOrigins.contains(origin) || origin.hasSuffix("://\(request.head.authority ?? "")") else {
                throw PublicError(.forbidden, "This page may not act for you here.")
            }
        } else {
            throw PublicError(.forbidden, "With a cookie, requests that change something need an Origin.")
        }
    }
}

/// Tells whom a token speaks for.
public protocol TokenVerifier: Sendable {
    /// Throws `PublicError(.unauthenticated)` for a token that is not good.
    func principal(of token: String) async throws -> Principal
}
