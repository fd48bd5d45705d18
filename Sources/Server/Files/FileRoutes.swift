import Assistant
import Domain
import Foundation
import HTTPTypes
import Hummingbird

/// `/api/files`: rows by ordinary requests, bytes by signed addresses.
struct FileRoutes {
    let store: any FileStore
    let objects: any ObjectStore
    let tokens: FileTokens
    /// Bytes.
    let largestFile: Int

    private static let noFile = "No such file."

    func add(to router: some RouterMethods<LabsyncContext>) {
        router.group("/api/files")
            .get(use: list)
            .post("upload", use: announce)
            .get("download", use: link)
            .get("{id}", use: file)
            .patch("{id}", use: change)
            .delete("{id}", use: delete)
            .put("{id}/content", use: upload)
            .get("{id}/content", use: download)
    }

    // MARK: Rows

    @Sendable
    private func list(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let query = QueryParameters(request)
        let place = try Attachment(
            conversation: try query.id("conversation_id"),
            message: try query.id("message_id"),
            status: try query.id("status_id"),
            schedule: try query.id("schedule_id")
        )
        let page = try await store.files(FileFilter(attachment: place), try query.page(), for: principal)
        return .page(page, for: request)
    }

    @Sendable
    private func file(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: FileID = try context.id("id", orElse: Self.noFile)
        return .json(try await store.file(id, for: principal), for: request)
    }

    @Sendable
    private func change(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: FileID = try context.id("id", orElse: Self.noFile)
        var body = try await JSONBody(request, context)
        let name = try body.optionalText("name")
        let detaches = try body.optionalFlag("detach") ?? false
        let place = try attachment(&body)
        try body.requireNothingLeft()
        let moves = detaches || place.conversation != nil || place.status != nil || place.schedule != nil
        return .json(
            try await store.change(id, FileChange(name: name, attachment: moves ? place : nil), for: principal)
        )
    }

    @Sendable
    private func delete(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: FileID = try context.id("id", orElse: Self.noFile)
        if let key = try await store.delete(id, for: principal) { try await objects.delete(key) }
        return Response(status: .noContent)
    }

    private func attachment(_ body: inout JSONBody) throws -> Attachment {
        try Attachment(
            conversation: try body.id("conversation_id"),
            message: try body.id("message_id"),
            status: try body.id("status_id"),
            schedule: try body.id("schedule_id")
        )
    }

    // MARK: Bytes in

    @Sendable
    private func announce(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        var body = try await JSONBody(request, context)
        let file = try NewFile(
            name: try body.text("name"),
            contentType: try body.optionalText("content_type") ?? "application/octet-stream",
            attachment: try attachment(&body)
        )
        let size = try body.number("size") ?? largestFile
        try body.requireNothingLeft()
        guard (0...largestFile).contains(size) else {
            throw PublicError(
                .invalid,
                "\"size\" must be at most \(largestFile) bytes.",
                fields: [.init("/size", "must be at most \(largestFile) bytes")]
            )
        }
        let id = try await store.announce(file, for: principal)
        let signed = try sign(.upload, id, principal, size: size, type: file.contentType, request)
        let reply = Upload(
            file_id: id,
            url: signed.url,
            token: signed.token,
            headers: ["Content-Type": file.contentType],
            expires_at: signed.expires
        )
        return .json(try JSONEncoder.timed.encode(reply), status: .created)
    }

    @Sendable
    private func upload(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let (id, permission) = try permission(.upload, request, context)
        guard (request.headers[.contentType] ?? permission.type) == permission.type else {
            throw PublicError(.unsupportedType, "Send the Content-Type that was announced: \(permission.type).")
        }
        let key = "files/\(id)/\(UUID().uuidString.lowercased())"
        let object = try await objects.put(
            ByteFeed(request.body),
            key: key,
            limit: permission.size
        )
        let principal = Principal(user: permission.user)
        let isFirst: Bool
        do {
            isFirst = try await store.complete(id, key: key, object, for: principal)
        } catch {
            try await objects.delete(key)
            throw error
        }
        guard isFirst else {
            // No object without its row.
            try await objects.delete(key)
            throw PublicError(.conflict, "The file has its content already, or is gone. Announce a new one.")
        }
        return .json(try await store.file(id, for: principal))
    }

    // MARK: Bytes out

    @Sendable
    private func link(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: FileID = try QueryParameters(request).required("id")
        let content = try await store.content(id, for: principal)
        let signed = try sign(.download, id, principal, size: content.size, type: content.contentType, request)
        let reply = Download(url: signed.url, token: signed.token, expires_at: signed.expires)
        return .json(try JSONEncoder.timed.encode(reply))
    }

    @Sendable
    private func download(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let (id, permission) = try permission(.download, request, context)
        // Who may not see it any more fetches nothing, whatever was signed.
        let content = try await store.content(id, for: Principal(user: permission.user))
        return FileDelivery(objects: objects).response(
            content,
            .init(
                disposition: Disposition.attachment(content.name),
                contentType: content.contentType,
                cacheControl: "private, no-cache"
            ),
            for: request
        )
    }

    // MARK: Signatures

    private func permission(
        _ action: FileTokens.Action,
        _ request: Request,
        _ context: LabsyncContext
    ) throws -> (FileID, FileTokens.Permission) {
        let id: FileID = try context.id("id", orElse: Self.noFile)
        guard let token = try QueryParameters(request).text("token"),
            let permission = tokens.permission(token, to: action, id)
        else { throw PublicError(.forbidden, "The address is not valid, or no longer. Ask for a new one.") }
        return (id, permission)
    }

    private func sign(
        _ action: FileTokens.Action,
        _ id: FileID,
        _ principal: Principal,
        size: Int,
        type: String,
        _ request: Request
    ) throws -> (url: String, token: String, expires: Date) {
        let expires = Int(Date().timeIntervalSince1970) + FileTokens.life
        let token = try tokens.token(
            .init(action: action, file: id, user: principal.user, size: size, type: type, expires: expires)
        )
        let scheme = request.headers[.init("X-Forwarded-Proto") ?? .origin] == "https" ? "https" : "http"
        let address = "\(scheme)://\(request.head.authority ?? "localhost")/api/files/\(id)/content?token=\(token)"
        return (address, token, Date(timeIntervalSince1970: TimeInterval(expires)))
    }

    private struct Upload: Encodable {
        let file_id: FileID
        let url: String
        let token: String
        var method = "PUT"
        let headers: [String: String]
        let expires_at: Date
    }

    private struct Download: Encodable {
        let url: String
        let token: String
        let expires_at: Date
    }
}

extension JSONEncoder {
    fileprivate static var timed: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
