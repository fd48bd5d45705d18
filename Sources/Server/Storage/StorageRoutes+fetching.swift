import Assistant
import Domain
import Foundation
import HTTPTypes
import Hummingbird

extension StorageRoutes {
    @Sendable
    func fetch(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        try await fetch(request, context, after: "")
    }

    @Sendable
    func fetchAuthenticated(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        try await fetch(request, context, after: "authenticated/")
    }

    private func fetch(_ request: Request, _ context: LabsyncContext, after prefix: String) async throws -> Response {
        let principal = try context.principal()
        let place = try place(request, after: prefix)
        return try delivery(try await object(at: place, for: principal), request)
    }

    @Sendable
    func fetchPublic(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let place = try place(request, after: "public/")
        // A bucket that is not public is not told apart from one that is not there.
        guard let object = try await store.publicObject(at: place) else { throw StorageError.noSuchKey }
        return try delivery(object, request)
    }

    @Sendable
    func fetchSigned(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let place = try place(request, after: "sign/")
        let claims = try claims(request, .download, at: place)
        // The signer's rights count now, not when it was signed.
        guard let file = claims.file,
            let object = try await store.object(file, for: Principal(user: claims.owner)), object.place == place
        else { throw StorageError.noSuchKey }
        guard object.content.linkVersion == claims.version else { throw StorageError(.signature) }
        return try delivery(object, request, expires: Date(timeIntervalSince1970: TimeInterval(claims.exp)))
    }

    @Sendable
    func info(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let isLong = request.uri.path.hasPrefix("\(Self.root)/object/info/authenticated/")
        let place = try place(request, after: isLong ? "info/authenticated/" : "info/")
        return .json(try await object(at: place, for: principal).json)
    }

    @Sendable
    func publicInfo(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let place = try place(request, after: "info/public/")
        guard let object = try await store.publicObject(at: place) else { throw StorageError.noSuchKey }
        return .json(object.json)
    }

    func object(at place: ObjectPlace, for principal: Principal) async throws -> BucketObject {
        if let object = try await store.object(at: place, for: principal) { return object }
        _ = try await requireBucket(place.bucket, for: principal)
        throw StorageError.noSuchKey
    }

    func claims(_ request: Request, _ scope: StorageTokens.Claims.Scope, at place: ObjectPlace) throws
        -> StorageTokens.Claims
    {
        guard let token = try QueryParameters(request).text("token") else { throw StorageError(.malformed) }
        do throws(StorageTokens.Flaw) {
            return try tokens.claims(token, for: scope, at: place)
        } catch {
            throw StorageError(error)
        }
    }

    private func delivery(_ object: BucketObject, _ request: Request, expires: Date? = nil) throws -> Response {
        let content = object.content
        let isPage = ["text/html", "application/xhtml+xml"].contains(MediaType(content.contentType).description)
        let contentType = isPage ? "text/plain" : content.contentType
        var disposition = Disposition.natural(contentType)
        if request.uri.queryParameters["download"] != nil {
            // storage3 writes a space as a plus.
            let name = try QueryParameters(request).text("download")?.replacing("+", with: " ")
            disposition = Disposition.attachment(name)
        }
        var response = FileDelivery(objects: objects).response(
            content,
            .init(
                refusesOddRanges: true,
                disposition: disposition,
                contentType: contentType,
                cacheControl: object.cacheControl ?? "no-cache",
                changed: object.changed,
                expires: expires
            ),
            for: request
        )
        response.headers[.robots] = "none"
        return response
    }
}

extension HTTPField.Name {
    /// A name that the standard list lacks; it is a valid token.
    fileprivate static let robots = HTTPField.Name("X-Robots-Tag") ?? .from
}
