public import Assistant
public import Domain
import Foundation

/// Uploads that come piece by piece. Runs as labsync_app.
public struct UploadRecords: UploadStore {
    private let objects: ObjectRecords
    private var database: Database { objects.database }

    public init(_ database: Database, quota: StorageQuota = .none) {
        objects = ObjectRecords(database, quota: quota)
    }

    public func begin(_ upload: NewUpload, for principal: Principal) async throws -> UploadID {
        let (id, target) = (UploadID(), upload.target.columns)
        try await ObjectRecords.refusing {
            _ = try await database.run(
                [
                    """
                    insert into uploads (id, owner_id, file_id, bucket_id, path, replaces, content_type, cache_control,
                        user_metadata, length_bytes, expires_at)
                    values (\(id), \(principal.user), \(target.file), \(target.place?.bucket), \(target.place?.path),
                        \(target.replaces), \(upload.contentType), \(upload.cacheControl),
                        \(upload.metadata?.text)::jsonb, \(upload.length)::bigint, \(Self.expiry))
                    """,
                    objects.quota.requirement(),
                ],
                as: principal
            )
        }
        return id
    }

    public func upload(_ id: UploadID, for principal: Principal) async throws -> Upload? {
        let rows = try await database.query(
            "\(Self.columns) from uploads where id = \(id) and expires_at > now()",
            as: principal
        )
        return try rows.first.map { try Self.upload($0).upload }
    }

    public func add(_ part: UploadPart, to id: UploadID, for principal: Principal) async throws -> Bool {
        try await database.withTransaction(as: principal) { transaction in
            let moved = try await transaction.run(
                """
                update uploads
                set received_bytes = received_bytes + \(part.digest.size)::bigint, expires_at = \(Self.expiry)
                where id = \(id) and received_bytes = \(part.start)::bigint and finished_at is null
                """
            )
            guard moved == 1 else { return false }
            try await transaction.run(
                """
                insert into upload_parts (upload_id, start_byte, size_bytes, sha256, object_key)
                values (\(id), \(part.start)::bigint, \(part.digest.size)::bigint, \(part.digest.sha256), \(part.key))
                """
            )
            return true
        }
    }

    public func parts(of id: UploadID, for principal: Principal) async throws -> [UploadPart] {
        try await database.query(
            """
            select start_byte, size_bytes, sha256, object_key from upload_parts
            where upload_id = \(id)
            order by start_byte
            """,
            as: principal
        ).map { row in
            UploadPart(
                start: try row.get("start_byte"),
                key: try row.get("object_key"),
                digest: ObjectDigest(size: try row.get("size_bytes"), sha256: try row.get("sha256"))
            )
        }
    }

    public func finish(_ id: UploadID, with object: WholeObject, for principal: Principal) async throws
        -> StoringOutcome?
    {
        let outcome: StoringOutcome? = try await ObjectRecords.refusing {
            try await database.withTransaction(as: principal) { transaction in
                let rows = try await transaction.query(
                    "\(Self.columns) from uploads where id = \(id) and finished_at is null for update"
                )
                guard let row = rows.first else { return nil }
                let found = try Self.upload(row)
                let outcome = try await Self.place(object, found, principal, transaction)
                try await transaction.run("update uploads set finished_at = now() where id = \(id)")
                let parts = try await transaction.query(
                    "delete from upload_parts where upload_id = \(id) returning object_key"
                )
                return StoringOutcome(id: outcome.id, given: try outcome.given + parts.map { try $0.get("object_key") })
            }
        }
        guard let outcome else { return nil }
        return StoringOutcome(id: outcome.id, given: await objects.unnamed(outcome.given))
    }

    private static func place(
        _ object: WholeObject,
        _ found: Found,
        _ principal: Principal,
        _ transaction: Transaction
    ) async throws -> StoringOutcome {
        switch found.upload.target {
        case .file(let file):
            let changed = try await transaction.run(FileRecords.completion(file, object, principal))
            guard changed == 1 else { throw PublicError(.conflict, "The file has its content already, or is gone.") }
            return StoringOutcome(id: file, given: [])
        case .bucket(let place, let replaces):
            let new = NewObject(
                contentType: object.contentType,
                cacheControl: found.cacheControl,
                metadata: found.metadata,
                key: object.key,
                digest: object.digest
            )
            let mode: StoringMode = replaces ? .createOrReplace : .create
            return try await ObjectRecords.place(new, at: place, mode, principal, transaction)
        }
    }

    public func cancel(_ id: UploadID, for principal: Principal) async throws -> [String] {
        let outcomes = try await database.run(
            [
                "select object_key from upload_parts where upload_id = \(id)",
                "delete from uploads where id = \(id)",
            ],
            as: principal
        )
        return await objects.unnamed(try outcomes.first?.rows.map { try $0.get("object_key") } ?? [])
    }

    // MARK: Rows

    private struct Found {
        let upload: Upload
        let cacheControl: String?
        let metadata: JSONText?
    }

    private static let expiry: Statement = "now() + make_interval(secs => \(NewUpload.life)::integer)"

    private static let columns: Statement = """
        select id, file_id, bucket_id, path, replaces, content_type, cache_control, user_metadata::text as metadata,
            length_bytes, received_bytes, finished_at is not null as is_finished, expires_at
        """

    private static func upload(_ row: Row) throws -> Found {
        let upload = Upload(
            id: UploadID(try row.get("id")),
            target: try target(row),
            contentType: try row.get("content_type"),
            length: try row.get("length_bytes"),
            received: try row.get("received_bytes"),
            isFinished: try row.get("is_finished"),
            expires: try row.get("expires_at")
        )
        return Found(
            upload: upload,
            cacheControl: try row.get("cache_control"),
            metadata: try row.get("metadata", as: String?.self).map(JSONText.init)
        )
    }

    private static func target(_ row: Row) throws -> UploadTarget {
        if let file = try row.get("file_id", as: UUID?.self) { return .file(FileID(file)) }
        guard let place = ObjectPlace(bucket: try row.get("bucket_id"), path: try row.get("path")) else {
            throw PublicError(.notFound, "There is no such upload, or it is over. Begin a new one.")
        }
        return .bucket(place, replaces: try row.get("replaces"))
    }
}

extension UploadTarget {
    fileprivate var columns: (file: FileID?, place: ObjectPlace?, replaces: Bool) {
        switch self {
        case .file(let file): (file, nil, false)
        case .bucket(let place, let replaces): (nil, place, replaces)
        }
    }
}
