import Domain
import Foundation
import HTTPTypes
import Hummingbird

/// Errors as OpenAI writes them, so that its SDKs raise the right class with our sentence in it.
enum OpenAIError {
    static func applies(to path: String) -> Bool { path.hasPrefix("/v1/") || path == "/v1" }

    static func response(_ error: PublicError, status: HTTPResponse.Status, requestID: String) -> Response {
        let body: JSONValue = [
            "error": [
                "message": .text(error.sentence),
                "type": .text(type(status.code)),
                "param": error.fields.first.map { .text(String($0.pointer.drop { $0 == "/" })) } ?? nil,
                "code": code(error, status.code).map { .text($0) } ?? nil,
            ]
        ]
        var headers: HTTPFields = [.contentType: "application/json"]
        headers[.requestID] = requestID
        if status == .unauthorized { headers[.wwwAuthenticate] = "Bearer error=\"invalid_token\"" }
        if let seconds = error.retryAfter { headers[.retryAfter] = "\(seconds)" }
        // The SDK would repeat a conflict, which stays one.
        if status == .conflict { headers[.shouldRetry] = "false" }
        // A few texts always encode.
        let data = (try? body.data()) ?? Data()
        return Response(status: status, headers: headers, body: .init(byteBuffer: .init(bytes: data)))
    }

    static func unknownModel(_ name: String) -> PublicError {
        PublicError(.notFound, "The model `\(name)` does not exist.", fields: [.init("/model", "does not exist")])
    }

    private static func type(_ status: Int) -> String {
        switch status {
        case 401: "authentication_error"
        case 403: "permission_error"
        case 429: "rate_limit_exceeded"
        case 500...: "server_error"
        default: "invalid_request_error"
        }
    }

    private static func code(_ error: PublicError, _ status: Int) -> String? {
        switch status {
        case 401: "invalid_api_key"
        case 404 where error.fields.first?.pointer == "/model": "model_not_found"
        case 429: "rate_limit_exceeded"
        case 500...: "server_error"
        default: error.code.rawValue
        }
    }
}

extension HTTPField.Name {
    /// Names that the standard list lacks; each is a valid token.
    static let requestID = HTTPField.Name("x-request-id") ?? .from
    static let shouldRetry = HTTPField.Name("x-should-retry") ?? .from
    static let accelBuffering = HTTPField.Name("x-accel-buffering") ?? .from
}
