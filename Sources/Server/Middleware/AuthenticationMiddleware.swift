import Assistant
import Domain
import Hummingbird

/// Verifies the token of a request, if it brings one; routes decide whether they need it.
struct AuthenticationMiddleware: RouterMiddleware {
    typealias Context = LabsyncContext

    /// Routes that ask nothing of the database in their caller's name, and so would not hear that a token was ended.
    private static let apart = ["/api/auth/", "/v1/", "/mcp"]

    let verifier: any TokenVerifier
    let members: any MemberStore
    /// Pages that may use the cookie for requests that change something.
    let allowedOrigins: Set<String>

    func handle(
        _ request: Request,
        context: LabsyncContext,
        next: (Request, LabsyncContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        if let header = request.headers[.authorization] {
            guard header.prefix(7).lowercased() == "bearer " else {
                throw PublicError(.unauthenticated, "Send the token as `Authorization: Bearer …`.")
            }
            context.token = try await verifier.verify(String(header.dropFirst(7)))
        } else if let token = request.cookies["__session"]?.value {
            try requireOwnPage(request)
            context.token = try await verifier.verify(token)
        }
        if context.token?.isReadOnly == true { try requireReading(request) }
        if let token = context.token, Self.apart.contains(where: request.uri.path.hasPrefix) {
            try await members.requireStanding(of: token.principal)
        }
        return try await next(request, context)
    }

    /// Asking is reading, though it is a POST.
    private func requireReading(_ request: Request) throws {
        let asks = ["/api/search", "/api/chatbot", "/mcp", "/v1/chat/completions", "/v1/embeddings", "/v1/responses"]
        guard [.get, .head, .options].contains(request.method) || asks.contains(request.uri.path) else {
            throw PublicError(.forbidden, "This token may only read and ask.")
        }
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
