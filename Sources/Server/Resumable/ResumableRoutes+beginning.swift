import Assistant
import Domain
import Foundation
import HTTPTypes
import Hummingbird

/// How an upload begins: what its length and metadata say is checked before a byte comes.
extension ResumableRoutes {
    @Sendable
    func beginFile(_ request: Request, _ context: LabsyncContext) async throws -> (Upload, Principal) {
        let principal = try context.principal()
        let said = try TUS.metadata(request)
        let length = try length(request, limit: policy.largestFile)
        let file = try NewFile(
            name: said["filename"] ?? said["name"] ?? "",
            contentType: said["filetype"] ?? said["content_type"] ?? said["contentType"] ?? "application/octet-stream",
            attachment: Attachment(fields: said)
        )
        try policy.requireAllowed(file.contentType)
        let target = UploadTarget.file(try await files.announce(file, size: length, for: principal))
        let upload = NewUpload(target: target, contentType: file.contentType, length: length)
        return (try await uploads.begin(upload, for: principal), principal)
    }

    @Sendable
    func beginObject(_ request: Request, _ context: LabsyncContext) async throws -> (Upload, Principal) {
        let principal = try context.principal()
        let place = try place(try TUS.metadata(request))
        return (try await begin(request, at: place, StorageRoutes.upserts(request), for: principal), principal)
    }

    /// The token's owner is who sends, and the token says whether it may replace.
    @Sendable
    func beginSigned(_ request: Request, _ context: LabsyncContext) async throws -> (Upload, Principal) {
        let place = try place(try TUS.metadata(request))
        let claims = try claims(request, at: place)
        let principal = Principal(user: claims.owner)
        return (try await begin(request, at: place, claims.upsert == true, for: principal), principal)
    }

    private func begin(_ request: Request, at place: ObjectPlace, _ replaces: Bool, for principal: Principal)
        async throws -> Upload
    {
        let said = try TUS.metadata(request)
        guard let bucket = try await buckets.bucket(place.bucket, for: principal) else {
            throw StorageError.noSuchBucket
        }
        let length = try length(request, limit: min(bucket.largestFile ?? policy.largestFile, policy.largestFile))
        let type = try IncomingObject.type(said["contentType"] ?? "")
        guard bucket.allows(type) else { throw StorageError.refusedType(type) }
        try policy.requireAllowed(type)
        try await ObjectRefusal.named {
            try await bucketObjects.requireStorable(
                at: place,
                replaces ? .createOrReplace : .create,
                size: length,
                for: principal
            )
        }
        let upload = NewUpload(
            target: .bucket(place, replaces: replaces),
            contentType: type,
            cacheControl: try IncomingObject.cacheControl(said["cacheControl"].map { "max-age=\($0)" }),
            metadata: try IncomingObject.metadata(said["metadata"]),
            length: length
        )
        return try await uploads.begin(upload, for: principal)
    }

    private func place(_ said: [String: String]) throws -> ObjectPlace {
        guard let bucket = said["bucketName"], ObjectPlace.isBucketName(bucket) else {
            throw StorageError.invalidBucketName
        }
        guard let place = ObjectPlace(bucket: bucket, path: said["objectName"] ?? "") else {
            throw StorageError.invalidKey(said["objectName"] ?? "")
        }
        return place
    }

    private func length(_ request: Request, limit: Int) throws -> Int {
        let length = try TUS.number(.uploadLength, request)
        guard length <= limit else { throw PublicError(.tooLarge, "At most \(limit) bytes can be uploaded here.") }
        return length
    }
}
