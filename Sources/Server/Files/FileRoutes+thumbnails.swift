import Assistant
import Crypto
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import Ingest
import NIOCore
import NIOFoundationCompat

/// Small pictures, for whoever may see the file now: there is no address of them that works without signing in.
extension FileRoutes {
    @Sendable
    func thumbnail(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: FileID = try context.id("id", orElse: Self.noFile)
        let content = try await store.content(id, for: principal)
        let file = FileToRead(objectKey: content.key, name: content.name, contentType: content.contentType)
        guard let picture = try await thumbnails.thumbnail(id, of: file, for: principal) else {
            throw PublicError(.notFound, "There is no picture of this file.")
        }
        let tag = "\"\(Base64URL.encoded(Data(SHA256.hash(data: picture).prefix(16))))\""
        var headers: HTTPFields = [
            .eTag: tag,
            .cacheControl: "private, no-cache",
            .vary: "Authorization, Cookie",
            .xContentTypeOptions: "nosniff",
            .contentSecurityPolicy: "default-src 'none'; sandbox",
        ]
        if let known = request.headers[.ifNoneMatch], Response.matches(known, tag) {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = "image/png"
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(data: picture)))
    }
}
