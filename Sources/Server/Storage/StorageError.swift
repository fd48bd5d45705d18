import Domain
import Foundation
import HTTPTypes
import Hummingbird

/// Errors as Supabase's storage writes them: almost always HTTP 400, with the real code as text in the body.
struct StorageError: Error {
    let statusCode: Int
    let error: String
    let message: String
    let code: String

    static func applies(to path: String) -> Bool { path.hasPrefix("/storage/v1/") }

    static let noSuchKey = StorageError(
        statusCode: 404,
        error: "not_found",
        message: "Object not found",
        code: "NoSuchKey"
    )
    static let noSuchBucket = StorageError(
        statusCode: 404,
        error: "Bucket not found",
        message: "Bucket not found",
        code: "NoSuchBucket"
    )
    static let denied = StorageError(
        statusCode: 403,
        error: "Unauthorized",
        message: "new row violates row-level security policy",
        code: "AccessDenied"
    )
    static let tooLarge = StorageError(
        statusCode: 413,
        error: "Payload too large",
        message: "The object exceeded the maximum allowed size",
        code: "EntityTooLarge"
    )
    static let invalidBucketName = StorageError(
        statusCode: 400,
        error: "Invalid Input",
        message: "Bucket name invalid",
        code: "InvalidBucketName"
    )

    static func invalidKey(_ path: String) -> StorageError {
        StorageError(statusCode: 400, error: "InvalidKey", message: "Invalid key: \(path)", code: "InvalidKey")
    }

    static func invalid(_ message: String) -> StorageError {
        StorageError(statusCode: 400, error: "Invalid Input", message: message, code: "InvalidRequest")
    }

    static func refusedType(_ type: String) -> StorageError {
        StorageError(
            statusCode: 415,
            error: "invalid_mime_type",
            message: "mime type \(type) is not supported",
            code: "InvalidMimeType"
        )
    }

    init(statusCode: Int, error: String, message: String, code: String) {
        self.statusCode = statusCode
        self.error = error
        self.message = message
        self.code = code
    }

    init(_ flaw: StorageTokens.Flaw) {
        self =
            switch flaw {
            case .malformed:
                StorageError(statusCode: 400, error: "InvalidJWT", message: "jwt malformed", code: "InvalidJWT")
            case .signature:
                StorageError(
                    statusCode: 400,
                    error: "InvalidSignature",
                    message: "Invalid signature",
                    code: "InvalidSignature"
                )
            case .expired:
                StorageError(
                    statusCode: 400,
                    error: "InvalidJWT",
                    message: "\"exp\" claim timestamp check failed",
                    code: "ExpiredToken"
                )
            }
    }

    /// What other rooms and the middleware throw, in this protocol's words.
    init(_ error: PublicError) {
        let message = error.sentence
        self =
            switch error.code {
            case .unauthenticated, .forbidden:
                StorageError(statusCode: 403, error: "Unauthorized", message: message, code: "AccessDenied")
            case .notFound: StorageError(statusCode: 404, error: "not_found", message: message, code: "NoSuchKey")
            case .preconditionFailed:
                StorageError(statusCode: 412, error: "Invalid Input", message: message, code: "InvalidRequest")
            case .conflict:
                StorageError(statusCode: 409, error: "Duplicate", message: message, code: "ResourceAlreadyExists")
            case .tooLarge: Self.tooLarge
            case .unsupportedType:
                StorageError(statusCode: 415, error: "invalid_mime_type", message: message, code: "InvalidMimeType")
            case .tooManyRequests:
                StorageError(statusCode: 429, error: "SlowDown", message: message, code: "SlowDown")
            case .storageFull:
                StorageError(statusCode: 507, error: "Storage full", message: message, code: "StorageFull")
            case .unavailable:
                StorageError(statusCode: 503, error: "Unavailable", message: message, code: "DatabaseTimeout")
            case .invalid, .idempotencyMismatch: Self.invalid(message)
            }
    }

    /// - Parameter path: resumable uploads follow TUS, whose clients read the status itself.
    func response(for path: String, retryAfter: Int? = nil) -> Response {
        let isPlain = TUS.applies(to: path) || [416, 429, 500, 503, 507, 544].contains(statusCode)
        var headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        if let retryAfter { headers[.retryAfter] = "\(retryAfter)" }
        if TUS.applies(to: path) { headers[.tusResumable] = TUS.version }
        let body: JSONValue = [
            "statusCode": .text("\(statusCode)"), "error": .text(error), "message": .text(message),
            "code": .text(code),
        ]
        // A few texts always encode.
        let data = (try? body.data()) ?? Data()
        return Response(
            status: isPlain ? .init(code: statusCode) : .badRequest,
            headers: headers,
            body: .init(byteBuffer: .init(bytes: data))
        )
    }
}
