import Domain
import Foundation
import Postgres
import TestSupport

extension World {
    /// What belongs to a file and is its owner's alone, whoever may see the file: what still comes in, what was before.
    struct Secret {
        enum Kind { case upload, version }

        let kind: Kind
        let id: UUID
        let owner: UserID
        /// A word that stands nowhere else.
        let canary: String
        /// Of a version, whose reader must be one of the file's, too.
        var file: UUID?
        /// Of an upload: where it is continued.
        var address = ""
    }

    func maySee(_ user: UserID, _ secret: Secret) -> Bool {
        guard secret.owner == user else { return false }
        guard let file = secret.file else { return true }
        return items[file].map { maySee(user, $0) } ?? false
    }

    mutating func addSecrets(in lab: TestLab) async throws {
        for _ in 0..<3 { try await addUpload(ofFileIn: lab) }
        for bucket in Self.buckets { try await addUpload(into: bucket, lab) }
        for file in items.values.filter({ $0.source.kind == .file }).sorted(by: { $0.canary < $1.canary }) {
            try await addVersion(of: file, lab)
        }
    }

    /// Bytes that every upload still lacks.
    static let missing = Data("rest".utf8)

    private mutating func addUpload(ofFileIn lab: TestLab) async throws {
        let (id, file, owner, word) = (UUID(), UUID(), anyone(), canary())
        try await lab.superuser.run(
            """
            insert into files (id, name, content_type, owner_id) values (\(file), \("\(word).txt"), 'text/plain', \(owner))
            """
        )
        try await begin(id, "file_id", "\(file)", nil, owner, word, lab)
        secrets.append(Secret(kind: .upload, id: id, owner: owner, canary: word, address: "/api/files/resumable/\(id)"))
    }

    private mutating func addUpload(into bucket: String, _ lab: TestLab) async throws {
        let (id, owner, word) = (UUID(), anyone(), canary())
        try await begin(id, "bucket_id", bucket, "folder/\(word).txt", owner, word, lab)
        let address = "/storage/v1/upload/resumable/\(id)"
        secrets.append(Secret(kind: .upload, id: id, owner: owner, canary: word, address: address))
    }

    private func begin(
        _ id: UUID,
        _ column: String,
        _ target: String,
        _ path: String?,
        _ owner: UserID,
        _ word: String,
        _ lab: TestLab
    ) async throws {
        let part = Data("Upload \(word)".utf8)
        let (file, bucket) = (column == "file_id" ? target : nil, column == "bucket_id" ? target : nil)
        try await lab.superuser.withTransaction { transaction in
            _ = try await transaction.run([
                """
                insert into uploads (id, owner_id, file_id, bucket_id, path, content_type, user_metadata, length_bytes,
                    received_bytes, expires_at)
                values (\(id), \(owner), \(file)::uuid, \(bucket), \(path), 'text/plain',
                    jsonb_build_object('word', \(word)::text), \(part.count + Self.missing.count), \(part.count),
                    now() + interval '1 hour')
                """,
                """
                insert into upload_parts (upload_id, start_byte, size_bytes, sha256, object_key)
                values (\(id), 0, \(part.count), \(word), \("parts/\(id)"))
                """,
            ])
        }
        try await lab.objects().put(part, key: "parts/\(id)")
    }

    private mutating func addVersion(of file: Item, _ lab: TestLab) async throws {
        let (id, word) = (UUID(), canary())
        let bytes = Data("Before \(word)".utf8)
        try await lab.superuser.run(
            """
            insert into file_versions (id, file_id, object_key, content_type, size_bytes, sha256, created_at)
            values (\(id), \(file.source.id), \("files/\(id)"), 'text/plain', \(bytes.count), \(word), now())
            """
        )
        try await lab.objects().put(bytes, key: "files/\(id)")
        secrets.append(Secret(kind: .version, id: id, owner: file.author, canary: word, file: file.source.id))
    }
}
