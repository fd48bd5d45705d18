import HTTPTypes
import Hummingbird

/// Takes the word of proxies that stand before the server for how it was asked, and nobody else's.
struct ClientAddressMiddleware: RouterMiddleware {
    typealias Context = LabsyncContext

    let proxies: TrustedProxies

    func handle(
        _ request: Request,
        context: LabsyncContext,
        next: (Request, LabsyncContext) async throws -> Response
    ) async throws -> Response {
        guard !proxies.isEmpty, proxies.contains(context.remoteAddress) else {
            return try await next(request.withoutForwardedScheme, context)
        }
        var context = context
        context.forwardedAddress = proxies.client(
            peer: context.remoteAddress,
            forwarded: request.headers[values: .forwardedFor].joined(separator: ",")
        )
        return try await next(request, context)
    }
}

extension Request {
    fileprivate var withoutForwardedScheme: Request {
        guard headers.contains(.forwardedProto) else { return self }
        var head = head
        head.headerFields[.forwardedProto] = nil
        return Request(head: head, body: body)
    }
}

extension HTTPField.Name {
    fileprivate static let forwardedFor = HTTPField.Name("X-Forwarded-For") ?? .from
    /// Reaches what reads it from a trusted proxy only.
    static let forwardedProto = HTTPField.Name("X-Forwarded-Proto") ?? .from
}
