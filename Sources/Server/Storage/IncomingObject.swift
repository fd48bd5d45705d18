import Assistant
import Domain
import Foundation
import HTTPTypes
import Hummingbird

/// An upload's bytes with what is said of them, raw or as a form.
struct IncomingObject {
    let contentType: String
    let cacheControl: String?
    let metadata: JSONText?
    let bytes: ByteFeed

    private static let longestField = 64 << 10
    private static let mostFields = 20

    /// A form's text fields come before its file.
    static func read(_ request: Request) async throws -> IncomingObject {
        let type = request.headers[.contentType] ?? "application/octet-stream"
        guard MediaTypeParameter.type(type) == "multipart/form-data" else { return try raw(request, type) }
        guard let form = MultipartReader(request.body, contentType: type) else {
            throw StorageError.invalid("The form names no boundary")
        }
        var fields: [String: String] = [:]
        while let part = try await form.nextPart() {
            guard !part.isFile, part.name == "cacheControl" || part.name == "metadata" || part.name == "contentType"
            else { return try file(part, form, fields) }
            fields[part.name] = try await form.text(limit: longestField)
            guard fields.count <= mostFields else { throw StorageError.invalid("The form has too many fields") }
        }
        throw StorageError.invalid("The form has no file")
    }

    private static func file(_ part: MultipartReader.Part, _ form: MultipartReader, _ fields: [String: String]) throws
        -> IncomingObject
    {
        IncomingObject(
            contentType: try type(MediaTypeParameter.type(fields["contentType"] ?? part.contentType ?? "")),
            cacheControl: try cacheControl(fields["cacheControl"].map { "max-age=\($0)" }),
            metadata: try metadata(fields["metadata"]),
            bytes: ByteFeed { try await form.nextBytes() }
        )
    }

    private static func raw(_ request: Request, _ type: String) throws -> IncomingObject {
        var metadata: String?
        if let header = HTTPField.Name("x-metadata").flatMap({ request.headers[$0] }) {
            guard let data = Data(base64Encoded: header), let text = String(data: data, encoding: .utf8) else {
                throw StorageError.invalid("x-metadata must be JSON in base64")
            }
            metadata = text
        }
        return IncomingObject(
            contentType: try Self.type(type),
            cacheControl: try cacheControl(request.headers[.cacheControl]),
            metadata: try Self.metadata(metadata),
            bytes: ByteFeed(request.body)
        )
    }

    static func type(_ text: String) throws -> String {
        guard !text.isEmpty else { return "application/octet-stream" }
        guard text.wholeMatch(of: NewFile.mediaType) != nil else { throw StorageError.refusedType(text) }
        return text
    }

    static func cacheControl(_ text: String?) throws -> String? {
        guard let text else { return nil }
        guard text.wholeMatch(of: /[a-zA-Z0-9=,; \-]{1,100}/) != nil else {
            throw StorageError.invalid("cacheControl must be seconds")
        }
        return text
    }

    static func metadata(_ text: String?) throws -> JSONText? {
        guard let text else { return nil }
        guard text.utf8.count <= longestField, !text.contains("\\u0000"),
            let value = try? JSONValue(Data(text.utf8)), case .object = value
        else { throw StorageError.invalid("metadata must be a JSON object") }
        return JSONText(text)
    }
}
