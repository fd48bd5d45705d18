import Domain
import Foundation
import HTTPTypes
import Hummingbird

/// What every answer and request of the resumable upload protocol TUS 1.0.0 has in common.
enum TUS {
    static let version = "1.0.0"
    private static let extensions = "creation,creation-with-upload,expiration,termination"
    private static let bytes = "application/offset+octet-stream"

    static func applies(to path: String) -> Bool {
        path.hasPrefix("/storage/v1/upload/") || path.hasPrefix("/api/files/resumable")
    }

    static func response(_ status: HTTPResponse.Status, _ more: HTTPFields = [:]) -> Response {
        var headers: HTTPFields = [.tusResumable: version, .cacheControl: "no-store"]
        headers.append(contentsOf: more)
        return Response(status: status, headers: headers)
    }

    /// - Parameter limit: bytes of the largest upload.
    static func options(limit: Int) -> Response {
        response(.noContent, [.tusVersion: version, .tusExtension: extensions, .tusMaxSize: "\(limit)"])
    }

    static func requireVersion(_ request: Request) throws {
        guard request.headers[.tusResumable] == version else {
            throw PublicError(.preconditionFailed, "Send Tus-Resumable: \(version), the only version spoken here.")
        }
    }

    static func isBytes(_ request: Request) -> Bool { request.headers[.contentType] == bytes }

    static func requireBytes(_ request: Request) throws {
        guard isBytes(request) else { throw PublicError(.unsupportedType, "Send the bytes as Content-Type: \(bytes).") }
    }

    static func number(_ name: HTTPField.Name, _ request: Request) throws -> Int {
        guard let text = request.headers[name], text.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(text)
        else {
            throw PublicError(.invalid, "The header \(name.canonicalName) must be a number of bytes.")
        }
        return number
    }

    /// `Upload-Metadata`: names, each with text in base64.
    static func metadata(_ request: Request) throws -> [String: String] {
        var values: [String: String] = [:]
        for pair in (request.headers[.uploadMetadata] ?? "").split(separator: ",") {
            let words = pair.split(separator: " ")
            guard let name = words.first, words.count <= 2, values[String(name)] == nil,
                let data = Data(base64Encoded: words.count == 2 ? String(words[1]) : ""),
                let text = String(data: data, encoding: .utf8), !text.utf8.contains(0)
            else { throw PublicError(.invalid, "Upload-Metadata must be names, each once, with text in base64.") }
            values[String(name)] = text
        }
        return values
    }
}

extension HTTPField.Name {
    /// Names that the standard list lacks; each is a valid token.
    static let tusResumable = HTTPField.Name("Tus-Resumable") ?? .from
    static let tusVersion = HTTPField.Name("Tus-Version") ?? .from
    static let tusExtension = HTTPField.Name("Tus-Extension") ?? .from
    static let tusMaxSize = HTTPField.Name("Tus-Max-Size") ?? .from
    static let uploadLength = HTTPField.Name("Upload-Length") ?? .from
    static let uploadOffset = HTTPField.Name("Upload-Offset") ?? .from
    static let uploadMetadata = HTTPField.Name("Upload-Metadata") ?? .from
    static let uploadExpires = HTTPField.Name("Upload-Expires") ?? .from
}
