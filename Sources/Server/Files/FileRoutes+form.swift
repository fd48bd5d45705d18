import Assistant
import Domain
import Foundation
import HTTPTypes
import Hummingbird

/// A file in one request, as a page's form and `curl -F` send it.
extension FileRoutes {
    private static let longestField = 1024
    private static let mostFields = 20

    /// The form's file is its last field: what is said of it must be known before its first byte.
    func receiveForm(_ request: Request, _ contentType: String, for principal: Principal) async throws -> Response {
        guard let form = MultipartReader(request.body, contentType: contentType) else {
            throw PublicError(.invalid, "The form names no boundary.")
        }
        var fields: [String: String] = [:]
        while let part = try await form.nextPart() {
            if part.isFile {
                let row = try await take(part, of: form, fields, size: Self.length(request), for: principal)
                return .json(row, status: .created)
            }
            fields[part.name] = try await form.text(limit: Self.longestField)
            guard fields.count <= Self.mostFields else { throw PublicError(.invalid, "The form has too many fields.") }
        }
        throw PublicError(.invalid, "The form has no file.")
    }

    private func take(
        _ part: MultipartReader.Part,
        of form: MultipartReader,
        _ fields: [String: String],
        size: Int,
        for principal: Principal
    ) async throws -> JSONText {
        let file = try NewFile(
            name: fields["name"] ?? part.fileName ?? "",
            contentType: fields["content_type"] ?? part.contentType ?? "application/octet-stream",
            attachment: Attachment(fields: fields)
        )
        try policy.requireAllowed(file.contentType)
        let id = try await store.announce(file, size: size, for: principal)
        let permission = FileTokens.Permission(
            action: .upload,
            file: id,
            user: principal.user,
            size: policy.largestFile,
            type: file.contentType,
            expires: FileTokens.expiry()
        )
        do {
            return try await receive(Self.bytes(of: form), id, permission)
        } catch {
            // Nobody was told of it; what stays the sweeper forgets.
            _ = try? await store.delete(id, for: principal)
            throw error
        }
    }

    private static func bytes(of form: MultipartReader) -> ByteFeed {
        var isAtEnd = false
        return ByteFeed {
            if let piece = try await form.nextBytes() { return piece }
            guard !isAtEnd else { return nil }
            isAtEnd = true
            guard try await form.nextPart() == nil else {
                throw PublicError(.invalid, "The form's file must be its last field. Nothing was stored.")
            }
            return nil
        }
    }

    /// Of the whole form: a little more than of its file.
    private static func length(_ request: Request) -> Int { request.headers[.contentLength].flatMap(Int.init) ?? 0 }
}
