public import Assistant
public import Domain

extension ObjectRecords {
    public func requireStorable(
        at place: ObjectPlace,
        _ mode: StoringMode,
        size: Int,
        for principal: Principal
    ) async throws {
        let nothing = NewObject(
            contentType: "application/octet-stream",
            cacheControl: nil,
            metadata: nil,
            key: "",
            digest: ObjectDigest(size: 0, sha256: "")
        )
        do {
            try await Self.refusing {
                try await database.withTransaction(as: principal) { transaction in
                    _ = try await Self.place(nothing, at: place, mode, principal, transaction)
                    try await transaction.run([quota.requirement(size)])
                    throw Undo()
                }
            }
        } catch is Undo {}
    }

    public func store(
        _ object: NewObject,
        at place: ObjectPlace,
        _ mode: StoringMode,
        for principal: Principal
    ) async throws -> StoringOutcome {
        let outcome = try await Self.refusing {
            try await database.withTransaction(as: principal) { transaction in
                let outcome = try await Self.place(object, at: place, mode, principal, transaction)
                try await transaction.run([quota.requirement()])
                return outcome
            }
        }
        return StoringOutcome(id: outcome.id, given: await unnamed(outcome.given))
    }

    /// Puts an object at its place, over what the asker has there if the mode allows it.
    static func place(
        _ object: NewObject,
        at place: ObjectPlace,
        _ mode: StoringMode,
        _ principal: Principal,
        _ transaction: Transaction
    ) async throws -> StoringOutcome {
        let own = try await transaction.query(
            """
            select id from files
            where bucket_id = \(place.bucket) and path = \(place.path) and owner_id = \(principal.user)
            for update
            """
        )
        if let row = own.first {
            guard mode != .create else { throw PublicError(.conflict, "The resource already exists") }
            let id = FileID(try row.get("id"))
            return StoringOutcome(id: id, given: try await replace(id, with: object, transaction))
        }
        if mode == .replace {
            let others = try await transaction.query(
                "select from files where bucket_id = \(place.bucket) and path = \(place.path) limit 1"
            )
            throw others.isEmpty ? PublicError(.notFound, "Object not found") : refusal
        }
        return StoringOutcome(id: try await insert(object, at: place, mode, principal, transaction), given: [])
    }

    private static func insert(
        _ object: NewObject,
        at place: ObjectPlace,
        _ mode: StoringMode,
        _ principal: Principal,
        _ transaction: Transaction
    ) async throws -> FileID {
        let id = FileID()
        do {
            try await transaction.run(
                """
                insert into files (
                    id, name, content_type, owner_id, bucket_id, path, cache_control, user_metadata,
                    object_key, size_bytes, sha256, state)
                values (\(id), \(place.name), \(object.contentType), \(principal.user), \(place.bucket), \(place.path),
                    \(object.cacheControl), \(object.metadata?.text)::jsonb,
                    \(object.key), \(object.digest.size)::bigint, \(object.digest.sha256), 'queued')
                """
            )
        } catch let error as PostgresError where error.sqlState == "23505" && mode == .createOrReplace {
            // Somebody else's, in a place that both see.
            throw refusal
        }
        return id
    }

    /// The keys of versions that are kept no longer.
    private static func replace(_ id: FileID, with object: NewObject, _ transaction: Transaction) async throws
        -> [String]
    {
        try await transaction.run([
            FileVersions.keep(id),
            """
            update files
            set content_type = \(object.contentType), cache_control = \(object.cacheControl),
                user_metadata = \(object.metadata?.text)::jsonb, object_key = \(object.key),
                size_bytes = \(object.digest.size)::bigint, sha256 = \(object.digest.sha256), state = 'queued',
                state_reason = null, updated_at = now()
            where id = \(id)
            """,
            FileVersions.trim(id),
        ]).map { try $0.get("object_key") }
    }

    /// Ends a transaction that was only to be tried.
    private struct Undo: Error {}
}
