import Assistant
import Domain
import Foundation
import HTTPTypes
import Hummingbird

/// Bytes in: announced, then put to the address that the announcement signed.
extension FileRoutes {
    @Sendable
    func announce(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        if let type = request.headers[.contentType], MediaTypeParameter.type(type) == "multipart/form-data" {
            return try await receiveForm(request, type, for: principal)
        }
        var body = try await JSONBody(request, context)
        let file = try NewFile(
            name: try body.text("name"),
            contentType: try body.optionalText("content_type") ?? "application/octet-stream",
            attachment: try attachment(&body)
        )
        let said = try body.number("size")
        try body.requireNothingLeft()
        let size = try acceptable(said, file.contentType)
        let id = try await store.announce(file, size: said ?? 0, for: principal)
        return try signed(id, principal, said: said, size: size, type: file.contentType, request)
    }

    /// Of one's own file; what it held before is kept.
    @Sendable
    func announceVersion(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: FileID = try context.id("id", orElse: Self.noFile)
        var body = try await JSONBody(request, context, mayBeEmpty: true)
        let (said, type) = (try body.number("size"), try body.optionalText("content_type"))
        try body.requireNothingLeft()
        let content = try await store.ownContent(id, for: principal)
        let file = try NewFile(
            name: content.name,
            contentType: type ?? content.contentType,
            attachment: Attachment()
        )
        let size = try acceptable(said, file.contentType)
        return try signed(id, principal, said: said, size: size, type: file.contentType, replaces: content, request)
    }

    @Sendable
    func upload(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let (id, permission) = try permission(.upload, request, context)
        guard (request.headers[.contentType] ?? permission.type) == permission.type else {
            throw PublicError(.unsupportedType, "Send the Content-Type that was announced: \(permission.type).")
        }
        if let length = request.headers[.contentLength].flatMap(Int.init), length > permission.size {
            throw PublicError(.tooLarge, "The file is larger than the \(permission.size) bytes that it may have.")
        }
        return .json(try await receive(ByteFeed(request.body), id, permission))
    }

    /// Stores what comes in and gives it its row, or nothing.
    func receive(_ bytes: ByteFeed, _ id: FileID, _ permission: FileTokens.Permission) async throws -> JSONText {
        let principal = Principal(user: permission.user)
        let (beginning, bytes) = try await bytes.peeked(ContentSniffer.needed)
        let type = try policy.type(saying: permission.type, of: beginning)
        let object = try await objects.put(bytes, as: .content, limit: permission.size)
        do {
            let whole = WholeObject(key: object.key, digest: object.digest, contentType: type)
            try await take(whole, id, permission, for: principal)
        } catch {
            // No object without its row.
            try await objects.withdraw(object, after: error)
            throw error
        }
        return try await store.file(id, for: principal)
    }

    private func take(
        _ object: WholeObject,
        _ id: FileID,
        _ permission: FileTokens.Permission,
        for principal: Principal
    ) async throws {
        guard let replaced = permission.replaces else {
            guard try await store.complete(id, with: object, for: principal) else {
                throw PublicError(.conflict, "The file has its content already, or is gone. Announce a new one.")
            }
            return
        }
        let current = try await store.ownContent(id, for: principal)
        guard current.linkVersion == permission.version else { throw Self.invalidAddress }
        guard let given = try await store.replace(id, over: replaced, with: object, for: principal) else {
            throw PublicError(.conflict, "The file has other content by now. Announce the new version again.")
        }
        await objects.discard(given)
    }

    private func acceptable(_ size: Int?, _ type: String) throws -> Int {
        let size = size ?? policy.largestFile
        guard (0...policy.largestFile).contains(size) else {
            throw PublicError(
                .invalid,
                "\"size\" must be at most \(policy.largestFile) bytes.",
                fields: [.init("/size", "must be at most \(policy.largestFile) bytes")]
            )
        }
        try policy.requireAllowed(type)
        return size
    }

    /// Past the server where the object store takes what is announced with its size, and else to the server.
    private func signed(
        _ id: FileID,
        _ principal: Principal,
        said: Int?,
        size: Int,
        type: String,
        replaces: FileContent? = nil,
        _ request: Request
    ) throws -> Response {
        let place = said.flatMap { objects.stage($0, of: type, seconds: FileTokens.life) }
        let signed = try sign(
            .init(
                action: place == nil ? .upload : .complete,
                file: id,
                user: principal.user,
                size: size,
                type: type,
                expires: FileTokens.expiry(after: place == nil ? FileTokens.life : FileTokens.completionLife),
                version: replaces?.linkVersion,
                replaces: replaces?.key,
                staged: place?.key
            ),
            request
        )
        let reply = Upload(
            file_id: id,
            url: place?.address ?? signed.url,
            token: signed.token,
            headers: ["Content-Type": type],
            expires_at: Date(timeIntervalSince1970: TimeInterval(FileTokens.expiry())),
            complete_url: place.map { _ in signed.url }
        )
        return .json(try JSONEncoder.timed.encode(reply), status: .created)
    }

    private struct Upload: Encodable {
        let file_id: FileID
        let url: String
        let token: String
        var method = "PUT"
        let headers: [String: String]
        let expires_at: Date
        /// Where to POST once the bytes are at an address that is not the server's.
        let complete_url: String?
    }
}
