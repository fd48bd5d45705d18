public import Domain
import Foundation

/// Takes uploads in pieces: what has come when a connection breaks is kept, and the next one goes on from there.
public struct ResumableUploads: Sendable {
    private let store: any UploadStore
    private let buckets: any BucketStore
    private let objects: any ObjectStore
    private let policy: StoragePolicy

    /// Bytes that a broken connection may lose; an object each until the whole is there.
    private static let part = 8 << 20

    public init(store: any UploadStore, buckets: any BucketStore, objects: any ObjectStore, policy: StoragePolicy) {
        self.store = store
        self.buckets = buckets
        self.objects = objects
        self.policy = policy
    }

    public func begin(_ upload: NewUpload, for principal: Principal) async throws -> Upload {
        let id = try await store.begin(upload, for: principal)
        return try await self.upload(id, for: principal)
    }

    /// One whose bytes are all there has its place by then, too.
    public func upload(_ id: UploadID, for principal: Principal) async throws -> Upload {
        guard let upload = try await store.upload(id, for: principal) else { throw Self.noUpload }
        guard upload.received == upload.length, !upload.isFinished else { return upload }
        // A process that ended just before left it so.
        try await finish(upload, for: principal)
        return upload
    }

    /// Takes bytes that begin where the upload ends. Returns where it ends now.
    public func append(_ bytes: ByteFeed, to upload: Upload, at offset: Int, for principal: Principal) async throws
        -> Int
    {
        guard offset == upload.received else { throw Self.wrongOffset }
        var received = offset
        let feed = PartFeed(bytes)
        while await feed.hasMore() {
            guard received < upload.length else {
                throw PublicError(.tooLarge, "More bytes came than the upload's length says.")
            }
            received += try await store(feed.nextPart(Self.part), at: received, of: upload, for: principal)
        }
        if let failure = feed.failure { throw failure }
        if received == upload.length, !upload.isFinished { try await finish(upload, for: principal) }
        return received
    }

    public func cancel(_ id: UploadID, for principal: Principal) async throws {
        guard try await store.upload(id, for: principal) != nil else { throw Self.noUpload }
        await objects.discard(try await store.cancel(id, for: principal))
    }

    private func store(_ bytes: ByteFeed, at start: Int, of upload: Upload, for principal: Principal) async throws
        -> Int
    {
        let object = try await objects.put(bytes, as: .part, limit: upload.length - start)
        do {
            let part = UploadPart(start: start, key: object.key, digest: object.digest)
            guard try await store.add(part, to: upload.id, for: principal) else { throw Self.wrongOffset }
        } catch {
            try await objects.withdraw(object, after: error)
            throw error
        }
        return object.digest.size
    }

    private func finish(_ upload: Upload, for principal: Principal) async throws {
        let parts = try await store.parts(of: upload.id, for: principal)
        let type = try await type(of: upload, parts, for: principal)
        let object = try await joined(parts, of: upload, for: principal)
        do {
            let whole = WholeObject(key: object.key, digest: object.digest, contentType: type)
            if let outcome = try await store.finish(upload.id, with: whole, for: principal) {
                await objects.discard(outcome.given)
            } else {
                try await objects.withdraw(object)
            }
        } catch {
            try await objects.withdraw(object, after: error)
            try await end(upload, after: error, for: principal)
            throw error
        }
    }

    private func type(of upload: Upload, _ parts: [UploadPart], for principal: Principal) async throws -> String {
        do {
            let (beginning, _) = try await bytes(of: parts).peeked(ContentSniffer.needed)
            let type = try policy.type(saying: upload.contentType, of: beginning)
            guard case .bucket(let place, _) = upload.target, type != upload.contentType else { return type }
            guard try await buckets.bucket(place.bucket, for: principal)?.allows(type) == true else {
                throw PublicError(.unsupportedType, "The bucket takes no files of the type \(type).")
            }
            return type
        } catch {
            try await end(upload, after: error, for: principal)
            throw error
        }
    }

    private func bytes(of parts: [UploadPart]) -> ByteFeed {
        var waiting = parts[...]
        var current: ByteFeed?
        return ByteFeed { [objects] in
            while true {
                if let piece = try await current?.next() { return piece }
                guard let part = waiting.popFirst() else { return nil }
                current = try await objects.bytes(of: part.key, in: 0..<part.digest.size)
            }
        }
    }

    /// What can never have its place is given up: who asks for it again hears that it is gone.
    private func end(_ upload: Upload, after error: any Error, for principal: Principal) async throws {
        guard let error = error as? PublicError, ![.unavailable, .storageFull].contains(error.code) else { return }
        await objects.discard(try await store.cancel(upload.id, for: principal))
    }

    private func joined(_ parts: [UploadPart], of upload: Upload, for principal: Principal) async throws
        -> PlacedObject
    {
        do {
            let object = try await objects.put(bytes(of: parts), as: .content, limit: upload.length)
            guard object.digest.size == upload.length else {
                try await objects.withdraw(object)
                throw PublicError.contentMissing
            }
            return object
        } catch {
            // Refused for what it is, it would be refused again.
            try await end(upload, after: error, for: principal)
            throw error
        }
    }

    private static let noUpload = PublicError(.notFound, "There is no such upload, or it is over. Begin a new one.")
    private static let wrongOffset = PublicError(
        .conflict,
        "The upload does not end there. Ask with HEAD where it ends and go on from that Upload-Offset."
    )
}
