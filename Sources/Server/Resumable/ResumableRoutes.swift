import Assistant
import Domain
import Foundation
import HTTPTypes
import Hummingbird

/// TUS 1.0.0 for files at `/api/files/resumable` and for objects of buckets at `/storage/v1/upload/resumable`.
struct ResumableRoutes {
    let uploads: ResumableUploads
    let files: any FileStore
    let buckets: any BucketStore
    let bucketObjects: any BucketObjectStore
    let tokens: StorageTokens
    let policy: StoragePolicy

    static let ofFiles = "/api/files/resumable"
    static let ofObjects = "/storage/v1/upload/resumable"
    static let signed = "\(ofObjects)/sign"

    func add(to router: some RouterMethods<LabsyncContext>) {
        add(to: router, Self.ofFiles, beginFile) { _, context in try context.principal() }
        add(to: router, Self.ofObjects, beginObject) { _, context in try context.principal() }
        // Who holds a signed upload goes on as the one who signed it.
        add(to: router, Self.signed, beginSigned) { request, _ in Principal(user: try claims(request).owner) }
    }

    private typealias Begin = @Sendable (Request, LabsyncContext) async throws -> (Upload, Principal)
    private typealias Sender = @Sendable (Request, LabsyncContext) throws -> Principal

    private func add(
        to router: some RouterMethods<LabsyncContext>,
        _ path: String,
        _ begin: @escaping Begin,
        _ sender: @escaping Sender
    ) {
        router.on("\(path)", method: .options) { _, _ in TUS.options(limit: policy.largestFile) }
        router.on("\(path)/{id}", method: .options) { _, _ in TUS.options(limit: policy.largestFile) }
        router.post("\(path)") { request, context in
            try TUS.requireVersion(request)
            let (upload, principal) = try await begin(request, context)
            return try await created(upload, path, principal, request)
        }
        router.head("\(path)/{id}") { request, context in
            let upload = try await find(request, context, sender)
            return TUS.response(
                .ok,
                [.uploadOffset: "\(upload.received)", .uploadLength: "\(upload.length)"] + Self.expiry(upload)
            )
        }
        router.patch("\(path)/{id}") { request, context in
            try TUS.requireVersion(request)
            try TUS.requireBytes(request)
            let offset = try TUS.number(.uploadOffset, request)
            let upload = try await find(request, context, sender)
            return try await append(request, to: upload, at: offset, for: sender(request, context), .noContent)
        }
        router.delete("\(path)/{id}") { request, context in
            try TUS.requireVersion(request)
            let upload = try await find(request, context, sender)
            try await uploads.cancel(upload.id, for: try sender(request, context))
            return TUS.response(.noContent)
        }
    }

    // MARK: Bytes

    private func find(_ request: Request, _ context: LabsyncContext, _ sender: Sender) async throws -> Upload {
        let id: UploadID = try context.id("id", orElse: "There is no such upload.")
        let upload = try await uploads.upload(id, for: try sender(request, context))
        switch upload.target {
        case .file:
            guard request.uri.path.hasPrefix(Self.ofFiles) else { throw StorageError.noSuchKey }
        case .bucket(let place, _):
            let isSigned = request.uri.path.hasPrefix(Self.signed)
            guard request.uri.path.hasPrefix(Self.ofObjects) else {
                throw PublicError(.notFound, "There is no such upload.")
            }
            if isSigned { _ = try claims(request, at: place) }
        }
        return upload
    }

    private func created(_ upload: Upload, _ path: String, _ principal: Principal, _ request: Request) async throws
        -> Response
    {
        let location: HTTPFields = [.location: request.address(of: "\(path)/\(upload.id)")]
        guard TUS.isBytes(request) || upload.length == 0 else {
            return TUS.response(.created, location + Self.expiry(upload))
        }
        var response = try await append(request, to: upload, at: 0, for: principal, .created)
        response.headers.append(contentsOf: location)
        return response
    }

    private func append(
        _ request: Request,
        to upload: Upload,
        at offset: Int,
        for principal: Principal,
        _ status: HTTPResponse.Status
    ) async throws -> Response {
        if let length = request.headers[.contentLength].flatMap(Int.init), length > upload.length - offset {
            throw PublicError(.tooLarge, "More bytes would come than the upload's length says.")
        }
        let received = try await uploads.append(ByteFeed(request.body), to: upload, at: offset, for: principal)
        return TUS.response(status, [.uploadOffset: "\(received)"] + Self.expiry(upload))
    }

    private static func expiry(_ upload: Upload) -> HTTPFields {
        upload.isFinished ? [:] : [.uploadExpires: HTTPDate.text(upload.expires)]
    }

    func claims(_ request: Request, at place: ObjectPlace? = nil) throws -> StorageTokens.Claims {
        guard let token = HTTPField.Name("x-signature").flatMap({ request.headers[$0] }) else {
            throw StorageError(.malformed)
        }
        do throws(StorageTokens.Flaw) {
            return try tokens.claims(token, for: .upload, at: place)
        } catch {
            throw StorageError(error)
        }
    }
}

extension HTTPFields {
    fileprivate static func + (left: HTTPFields, right: HTTPFields) -> HTTPFields {
        var all = left
        all.append(contentsOf: right)
        return all
    }
}
