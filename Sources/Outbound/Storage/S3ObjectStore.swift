import Crypto
public import Domain
public import Foundation

/// Objects at S3 or what speaks like it. Bytes go through in pieces of a few megabytes, whatever the size of a file.
public struct S3ObjectStore: ObjectStore {
    let bucket: S3Bucket
    /// Do people fetch from the bucket itself, and put there, by addresses that it checks?
    private let isDirect: Bool
    /// Seconds that one download may take.
    private static let longestDownload = 86_400

    public init(_ bucket: S3Bucket, isDirect: Bool) {
        self.bucket = bucket
        self.isDirect = isDirect
    }

    public func put(_ bytes: Data, key: String) async throws {
        _ = try await bucket.reply(to: .init(method: "PUT", key: key, body: bytes)).collected(limit: 1 << 20)
    }

    public func put(_ pieces: some AsyncSequence<Data, any Error>, as role: ObjectRole, limit: Int) async throws
        -> PlacedObject
    {
        let key = "files/\(UUID().uuidString.lowercased())"
        let digest = try await S3Upload(bucket: bucket, key: key, limit: limit).store(pieces)
        return PlacedObject(key: key, digest: digest, isNew: true, changed: .distantFuture)
    }

    /// A key is given once: nobody else can be about to name it.
    public func release(_ keys: [String]) async throws {
        for key in keys { try await delete(key) }
    }

    private func delete(_ key: String) async throws {
        _ = try await bucket.reply(to: .init(method: "DELETE", key: key)).collected(limit: 1 << 20)
    }

    public func delete(_ key: String, unlessChangedSince time: Date) async throws -> Bool {
        // Keys are never written twice: between the look and the deletion nothing can change.
        guard let entry = try await entries(prefix: key, after: nil, limit: 1).first, entry.key == key,
            entry.changed <= time
        else { return false }
        try await delete(key)
        return true
    }

    public func contains(_ key: String) async throws -> Bool {
        try await entries(prefix: key, after: nil, limit: 1).first?.key == key
    }

    public func read(_ key: String, from offset: Int, count: Int) async throws -> Data {
        guard count > 0 else { return Data() }
        do {
            let range = "bytes=\(offset)-\(offset + count - 1)"
            let reply = try await bucket.reply(to: .init(method: "GET", key: key, headers: ["range": range]))
            return try await reply.collected(limit: count)
        } catch OutboundError.status(416, _) {
            return Data()
        }
    }

    public func bytes(of key: String, in range: Range<Int>) async throws -> ByteFeed {
        guard !range.isEmpty else { return ByteFeed { nil } }
        let reply = try await bucket.reply(
            to: .init(
                method: "GET",
                key: key,
                headers: ["range": "bytes=\(range.lowerBound)-\(range.upperBound - 1)"],
                deadline: Self.longestDownload
            )
        )
        var missing = range.count
        return ByteFeed {
            guard missing > 0 else { return nil }
            guard let piece = try await reply.body.next() else { throw PublicError.contentMissing }
            missing -= piece.count
            return piece
        }
    }

    public func address(of key: String, sentAs headers: [String: String], seconds: Int) -> String? {
        guard isDirect else { return nil }
        let query = Dictionary(uniqueKeysWithValues: headers.map { ("response-\($0.key)", $0.value) })
        return bucket.address("GET", key, query: query, seconds: seconds)
    }

    // MARK: Staging

    /// Bytes that S3 takes in one request.
    private static let longestRequest = 5 << 30

    public func stage(_ size: Int, of type: String, seconds: Int) -> StagingPlace? {
        guard isDirect, (1...Self.longestRequest).contains(size) else { return nil }
        let key = "staging/\(UUID().uuidString.lowercased())"
        let headers = ["content-length": "\(size)", "content-type": type]
        return StagingPlace(key: key, address: bucket.address("PUT", key, headers: headers, seconds: seconds))
    }

    public func stagedSize(of key: String) async throws -> Int? {
        guard let entry = try await contents(prefix: key, after: nil, limit: 1).first,
            S3Document.text("Key", in: entry) == bucket.prefix + key
        else { return nil }
        return S3Document.text("Size", in: entry).flatMap(Int.init)
    }

    // MARK: Listing

    public func list(after key: String?, limit: Int) async throws -> [ObjectEntry] {
        try await entries(prefix: "", after: key, limit: limit)
    }

    private func contents(prefix: String, after key: String?, limit: Int) async throws -> [String] {
        var query = ["list-type": "2", "max-keys": "\(limit)", "prefix": bucket.prefix + prefix]
        if let key { query["start-after"] = bucket.prefix + key }
        return S3Document.elements("Contents", in: try await bucket.document(.init(method: "GET", query: query)))
    }

    private func entries(prefix: String, after key: String?, limit: Int) async throws -> [ObjectEntry] {
        try await contents(prefix: prefix, after: key, limit: limit).compactMap { entry in
            guard let key = S3Document.text("Key", in: entry), key.hasPrefix(bucket.prefix),
                let changed = S3Document.time("LastModified", in: entry)
            else { return nil }
            return ObjectEntry(key: String(key.dropFirst(bucket.prefix.count)), changed: changed)
        }
    }

    public func discardUnfinished(before time: Date) async throws -> Int {
        var query = ["uploads": "", "prefix": bucket.prefix]
        var discarded = 0
        while true {
            let document = try await bucket.document(.init(method: "GET", query: query))
            discarded += try await discard(S3Document.elements("Upload", in: document), begunBefore: time)
            // So many at a time: the next page begins behind the last one of this.
            guard S3Document.text("IsTruncated", in: document) == "true",
                let key = S3Document.text("NextKeyMarker", in: document),
                let id = S3Document.text("NextUploadIdMarker", in: document),
                (key, id) != (query["key-marker"] ?? "", query["upload-id-marker"] ?? "")
            else { return discarded }
            query["key-marker"] = key
            query["upload-id-marker"] = id
        }
    }

    private func discard(_ uploads: [String], begunBefore time: Date) async throws -> Int {
        var discarded = 0
        for upload in uploads {
            guard let key = S3Document.text("Key", in: upload), let id = S3Document.text("UploadId", in: upload),
                key.hasPrefix(bucket.prefix), let begun = S3Document.time("Initiated", in: upload), begun < time
            else { continue }
            let call = S3Bucket.Call(
                method: "DELETE",
                key: String(key.dropFirst(bucket.prefix.count)),
                query: ["uploadId": id]
            )
            _ = try await bucket.reply(to: call).collected(limit: 1 << 20)
            discarded += 1
        }
        return discarded
    }
}
