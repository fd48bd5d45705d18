import Assistant
import Domain
import Foundation
import HTTPTypes
import Hummingbird

extension StorageRoutes {
    @Sendable
    func upload(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let place = try place(request, after: "")
        let mode: StoringMode = Self.upserts(request) ? .createOrReplace : .create
        return try await store(request, at: place, mode, for: try context.principal())
    }

    @Sendable
    func replace(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        try await store(request, at: try place(request, after: ""), .replace, for: try context.principal())
    }

    @Sendable
    func uploadSigned(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let place = try place(request, after: "upload/sign/")
        let claims = try claims(request, .upload, at: place)
        let mode: StoringMode = claims.upsert == true ? .createOrReplace : .create
        return try await store(request, at: place, mode, for: Principal(user: claims.owner))
    }

    private func store(_ request: Request, at place: ObjectPlace, _ mode: StoringMode, for principal: Principal)
        async throws -> Response
    {
        let bucket = try await requireBucket(place.bucket, for: principal)
        let size = request.headers[.contentLength].flatMap(Int.init) ?? 0
        try await ObjectRefusal.named { try await store.requireStorable(at: place, mode, size: size, for: principal) }
        let incoming = try await IncomingObject.read(request)
        let id = try await keep(incoming, in: bucket, at: place, mode, for: principal)
        return Self.named(id, place)
    }

    /// Stores the bytes, then the row that names them.
    func keep(
        _ incoming: IncomingObject,
        in bucket: Bucket,
        at place: ObjectPlace,
        _ mode: StoringMode,
        for principal: Principal
    ) async throws -> FileID {
        let (beginning, bytes) = try await incoming.bytes.peeked(ContentSniffer.needed)
        let type = try policy.type(saying: incoming.contentType, of: beginning)
        guard bucket.allows(type) else { throw StorageError.refusedType(type) }
        let placed = try await objects.put(
            bytes,
            as: .content,
            limit: min(bucket.largestFile ?? policy.largestFile, policy.largestFile)
        )
        let object = NewObject(
            contentType: type,
            cacheControl: incoming.cacheControl,
            metadata: incoming.metadata,
            key: placed.key,
            digest: placed.digest
        )
        do {
            let outcome = try await ObjectRefusal.named {
                try await store.store(object, at: place, mode, for: principal)
            }
            await objects.discard(outcome.given)
            return outcome.id
        } catch {
            // No object without its row.
            try await objects.withdraw(placed, after: error)
            throw error
        }
    }

    @Sendable
    func move(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let (source, target) = try await ends(request, context)
        try await requireFitting(source, target, for: principal)
        let moved = try await ObjectRefusal.named { try await store.move(from: source, to: target, for: principal) }
        guard let id = moved else { throw StorageError.noSuchKey }
        let reply: JSONValue = [
            "message": "Successfully moved", "Id": .text("\(id)"), "Key": .text(target.description),
        ]
        return .json(try reply.data())
    }

    @Sendable
    func copy(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let (source, target) = try await ends(request, context)
        try await requireFitting(source, target, for: principal)
        let mode: StoringMode = Self.upserts(request) ? .createOrReplace : .create
        let copied = try await ObjectRefusal.named {
            try await store.copy(from: source, to: target, mode, for: principal)
        }
        guard let outcome = copied else { throw StorageError.noSuchKey }
        return Self.named(outcome.id, target)
    }

    @Sendable
    func removeMany(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let bucket = try await requireBucket(try bucketName(context), for: principal)
        let paths = try await body(request, context)["prefixes"]?.list?.map(\.text)
        guard let paths, (1...1000).contains(paths.count), !paths.contains(nil) else {
            throw StorageError.invalid("prefixes must be a list of 1 to 1000 texts")
        }
        let removal = try await store.remove(paths.compactMap(\.self), from: bucket.id, for: principal)
        await objects.discard(removal.given)
        return .jsonList(removal.rows)
    }

    @Sendable
    func remove(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let place = try place(request, after: "")
        let removal = try await store.remove([place.path], from: place.bucket, for: principal)
        guard !removal.rows.isEmpty else {
            // Seen but not theirs to remove is as good as not there, as upstream says it.
            _ = try await requireBucket(place.bucket, for: principal)
            throw StorageError.noSuchKey
        }
        await objects.discard(removal.given)
        return .message("Successfully deleted")
    }

    private func ends(_ request: Request, _ context: LabsyncContext) async throws -> (ObjectPlace, ObjectPlace) {
        let body = try await body(request, context)
        guard let bucket = body["bucketId"]?.text, let source = body["sourceKey"]?.text,
            let target = body["destinationKey"]?.text
        else { throw StorageError.invalid("bucketId, sourceKey and destinationKey are required") }
        return (try place(bucket, source), try place(body["destinationBucket"]?.text ?? bucket, target))
    }

    /// What a bucket refuses to be given it is not given by another bucket either.
    private func requireFitting(_ source: ObjectPlace, _ target: ObjectPlace, for principal: Principal) async throws {
        let bucket = try await requireBucket(target.bucket, for: principal)
        let object = try await object(at: source, for: principal)
        guard source.bucket != target.bucket else { return }
        guard bucket.allows(object.content.contentType) else {
            throw StorageError.refusedType(object.content.contentType)
        }
        guard object.content.size <= bucket.largestFile ?? .max else { throw StorageError.tooLarge }
    }

    private static func named(_ id: FileID, _ place: ObjectPlace) -> Response {
        let reply: JSONValue = ["Id": .text("\(id)"), "Key": .text(place.description)]
        // Two texts always encode.
        return .json((try? reply.data()) ?? Data())
    }
}
