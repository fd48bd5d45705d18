import Domain
import Foundation
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1

/// Turns every failure into problem+json (RFC 9457); the only place where codes become statuses.
struct PublicErrorMiddleware: RouterMiddleware {
    typealias Context = LabsyncContext

    /// Says in public words what the rooms below throw; nil for what is an internal error.
    let publicError: @Sendable (any Error) -> PublicError?

    func handle(
        _ request: Request,
        context: LabsyncContext,
        next: (Request, LabsyncContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            return try response(to: error, request, context)
        }
    }

    /// Throws what nobody waits to read.
    func response(to error: any Error, _ request: Request, _ context: LabsyncContext) throws -> Response {
        switch error {
        case let error as PublicError: return Self.response(error, request, context)
        case let error as StorageError: return error.response(for: request.uri.path)
        case let error as any HTTPResponseError:
            if error.status == .notFound, let other = Self.methodNotAllowed(request, context) { return other }
            return Self.response(PublicError(error.status), request, context, status: error.status)
        case is CancellationError: throw error
        // Its sender's doing, or the network's, and nothing that anybody here can mend.
        case is HTTPParserError, is IOError, is ChannelError:
            context.logger.debug("connection broke off", metadata: ["error": "\(error)"])
            return Self.response(PublicError(.invalid, "The request broke off before its end."), request, context)
        default:
            if let known = publicError(error) { return Self.response(known, request, context) }
            context.logger.error("request failed", metadata: ["error": "\(error)"])
            let text = PublicError(.unavailable, "Something went wrong on our side. It has been logged.")
            return Self.response(text, request, context, status: .internalServerError, code: "internal")
        }
    }

    /// Nil when the address answers to no method at all, and where Supabase's protocol knows no such refusal.
    private static func methodNotAllowed(_ request: Request, _ context: LabsyncContext) -> Response? {
        let methods = AllowedMethods.of(request.uri.path)
        guard !methods.isEmpty, !methods.contains(request.method.rawValue), !StorageError.applies(to: request.uri.path)
        else { return nil }
        let list = methods.joined(separator: ", ")
        let error = PublicError(.invalid, "This address answers to \(list), not to \(request.method.rawValue).")
        var response = response(error, request, context, status: .methodNotAllowed)
        response.headers[.allow] = list
        return response
    }

    private struct Problem: Encodable {
        struct Field: Encodable {
            let pointer: String
            let detail: String
        }

        let type = "about:blank"
        let title: String
        let status: Int
        let detail: String
        let code: String
        let errors: [Field]?
        let requestID: String

        enum CodingKeys: String, CodingKey {
            case type, title, status, detail, code, errors
            case requestID = "request_id"
        }
    }

    private static func response(
        _ error: PublicError,
        _ request: Request,
        _ context: LabsyncContext,
        status: HTTPResponse.Status? = nil,
        code: String? = nil
    ) -> Response {
        let status = status ?? error.code.status
        if OpenAIError.applies(to: request.uri.path) {
            return OpenAIError.response(error, status: status, requestID: context.id)
        }
        if StorageError.applies(to: request.uri.path) {
            return StorageError(error).response(for: request.uri.path, retryAfter: error.retryAfter)
        }
        let problem = Problem(
            title: status.reasonPhrase,
            status: status.code,
            detail: error.sentence,
            code: code ?? error.code.rawValue,
            errors: error.fields.isEmpty ? nil : error.fields.map { .init(pointer: $0.pointer, detail: $0.detail) },
            requestID: context.id
        )
        var headers: HTTPFields = [.contentType: "application/problem+json"]
        if status == .unauthorized { headers[.wwwAuthenticate] = "Bearer error=\"invalid_token\"" }
        if TUS.applies(to: request.uri.path) { headers[.tusResumable] = TUS.version }
        if let seconds = error.retryAfter { headers[.retryAfter] = "\(seconds)" }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // A problem has nothing in it that could fail to encode.
        let body = (try? encoder.encode(problem)) ?? Data()
        return Response(status: status, headers: headers, body: .init(byteBuffer: .init(bytes: body)))
    }
}

extension PublicError {
    /// For what the HTTP layer refuses by itself.
    fileprivate init(_ status: HTTPResponse.Status) {
        switch status {
        case .notFound: self.init(.notFound, "There is nothing here.")
        case .methodNotAllowed: self.init(.invalid, "This address does not answer to that method.")
        case .contentTooLarge: self.init(.tooLarge, "The body is too large.")
        default: self.init(.invalid, "The request cannot be understood.")
        }
    }
}

extension PublicError.Code {
    fileprivate var status: HTTPResponse.Status {
        switch self {
        case .invalid: .badRequest
        case .unauthenticated: .unauthorized
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .conflict: .conflict
        case .preconditionFailed: .preconditionFailed
        case .tooLarge: .contentTooLarge
        case .unsupportedType: .unsupportedMediaType
        case .idempotencyMismatch: .unprocessableContent
        case .tooManyRequests: .tooManyRequests
        case .storageFull: .init(code: 507, reasonPhrase: "Insufficient Storage")
        case .unavailable: .serviceUnavailable
        }
    }
}
