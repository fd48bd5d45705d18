import Crypto
import Domain
import Foundation

/// One object on its way to S3: in one request when it is small, in parts when it is not.
struct S3Upload {
    let bucket: S3Bucket
    let key: String
    /// Bytes.
    let limit: Int

    /// Parts are of at least 5 MiB and there are at most 10,000 of them, says S3.
    private var part: Int { max(8 << 20, min(limit, 1 << 42) / 9_000) }

    func store(_ pieces: some AsyncSequence<Data, any Error>) async throws -> ObjectDigest {
        var (buffer, size, hash) = (Data(), 0, SHA256())
        var upload: String?
        var tags: [String] = []
        do {
            for try await piece in pieces {
                size += piece.count
                guard size <= limit else {
                    throw PublicError(.tooLarge, "The file is larger than the \(limit) bytes that it may have.")
                }
                hash.update(data: piece)
                buffer += piece
                guard buffer.count >= part else { continue }
                let id: String
                if let upload { id = upload } else { id = try await begin() }
                upload = id
                tags.append(try await send(buffer, tags.count + 1, id))
                buffer.removeAll(keepingCapacity: true)
            }
            if let upload {
                if !buffer.isEmpty { tags.append(try await send(buffer, tags.count + 1, upload)) }
                try await complete(upload, tags)
            } else {
                _ = try await bucket.reply(to: .init(method: "PUT", key: key, body: buffer)).collected(limit: 1 << 20)
            }
            return ObjectDigest(size: size, sha256: hash.finalize().hexadecimal)
        } catch {
            if let upload { await abort(upload) }
            throw error
        }
    }

    private func begin() async throws -> String {
        let document = try await bucket.document(.init(method: "POST", key: key, query: ["uploads": ""], body: Data()))
        guard let id = S3Document.text("UploadId", in: document) else {
            throw OutboundError.malformed("The object store began no upload.")
        }
        return id
    }

    private func send(_ bytes: Data, _ number: Int, _ upload: String) async throws -> String {
        let query = ["partNumber": "\(number)", "uploadId": upload]
        let reply = try await bucket.reply(to: .init(method: "PUT", key: key, query: query, body: bytes))
        _ = try await reply.collected(limit: 1 << 20)
        guard let tag = reply.headers["etag"] else {
            throw OutboundError.malformed("The object store gave a part no ETag.")
        }
        return tag
    }

    private func complete(_ upload: String, _ tags: [String]) async throws {
        let parts = tags.enumerated().map { "<Part><PartNumber>\($0 + 1)</PartNumber><ETag>\($1)</ETag></Part>" }
        let body = "<CompleteMultipartUpload>\(parts.joined())</CompleteMultipartUpload>"
        let call = S3Bucket.Call(
            method: "POST",
            key: key,
            query: ["uploadId": upload],
            headers: ["content-type": "application/xml"],
            body: Data(body.utf8)
        )
        // It may fail after it said 200: the body tells.
        guard S3Document.text("ETag", in: try await bucket.document(call)) != nil else {
            throw OutboundError.malformed("The object store did not complete an upload.")
        }
    }

    /// What is not aborted the sweeper finds.
    private func abort(_ upload: String) async {
        let call = S3Bucket.Call(method: "DELETE", key: key, query: ["uploadId": upload])
        _ = try? await bucket.reply(to: call).collected(limit: 1 << 20)
    }
}
