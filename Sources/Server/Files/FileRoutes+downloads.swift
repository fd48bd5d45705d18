import Assistant
import Domain
import Foundation
import HTTPTypes
import Hummingbird

/// Bytes out, by addresses that are signed for a few minutes.
extension FileRoutes {
    @Sendable
    func link(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let query = QueryParameters(request)
        let id: FileID = try query.required("id")
        let version: VersionID? = try query.id("version_id")
        let content = try await content(id, version, for: principal)
        let signed = try sign(
            .init(
                action: .download,
                file: id,
                user: principal.user,
                size: content.size,
                type: content.contentType,
                expires: FileTokens.expiry(),
                version: content.linkVersion,
                earlier: version
            ),
            request
        )
        // An object store that is asked directly checks the address by itself, until it expires.
        let direct = objects.address(
            of: content.key,
            sentAs: [
                "content-disposition": Disposition.attachment(content.name), "content-type": content.contentType,
                "cache-control": "private, no-cache",
            ],
            seconds: FileTokens.life
        )
        let reply = Download(url: direct ?? signed.url, token: signed.token, expires_at: signed.expires)
        return .json(try JSONEncoder.timed.encode(reply))
    }

    @Sendable
    func download(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let (id, permission) = try permission(.download, request, context)
        // Who may not see it any more fetches nothing, whatever was signed.
        let content = try await content(id, permission.earlier, for: Principal(user: permission.user))
        guard content.linkVersion == permission.version else { throw Self.invalidAddress }
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

    private func content(_ id: FileID, _ version: VersionID?, for principal: Principal) async throws -> FileContent {
        guard let version else { return try await store.content(id, for: principal) }
        return try await store.content(of: version, of: id, for: principal)
    }

    // MARK: Signatures

    static let invalidAddress = PublicError(
        .forbidden,
        "The address is not valid, or no longer. Ask for a new one."
    )

    func permission(
        _ action: FileTokens.Action,
        _ request: Request,
        _ context: LabsyncContext
    ) throws -> (FileID, FileTokens.Permission) {
        let id: FileID = try context.id("id", orElse: Self.noFile)
        // In no other spelling than the one that was signed.
        guard let token = try QueryParameters(request).text("token"),
            request.uri.string == Self.path(action, id, token),
            let permission = tokens.permission(token, to: action, id)
        else { throw Self.invalidAddress }
        return (id, permission)
    }

    func sign(_ permission: FileTokens.Permission, _ request: Request) throws
        -> (url: String, token: String, expires: Date)
    {
        let token = try tokens.token(permission)
        let address = request.address(of: Self.path(permission.action, permission.file, token))
        return (address, token, Date(timeIntervalSince1970: TimeInterval(permission.expires)))
    }

    private static func path(_ action: FileTokens.Action, _ id: FileID, _ token: String) -> String {
        "/api/files/\(id)/\(action == .complete ? "complete" : "content")?token=\(token)"
    }

    private struct Download: Encodable {
        let url: String
        let token: String
        let expires_at: Date
    }
}

extension JSONEncoder {
    static var timed: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
