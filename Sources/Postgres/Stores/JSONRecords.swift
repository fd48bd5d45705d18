import Assistant
import Domain
import Foundation

/// What the stores of the everyday endpoints share: rows written as JSON by PostgreSQL, pages, creation that repeats.
struct JSONRecords: Sendable {
    let database: Database

    /// The `json` of one row; not there and not visible are the same.
    func one(_ statement: Statement, orElse absent: String, as principal: Principal) async throws -> JSONText {
        guard let row = try await database.read(statement, as: principal).first else {
            throw PublicError(.notFound, absent)
        }
        return try JSONText(row.get("json"))
    }

    func all(_ statement: Statement, as principal: Principal) async throws -> [JSONText] {
        try await database.query(statement, as: principal).map { try JSONText($0.get("json")) }
    }

    /// Rows of `json`, `sort_value` and `id`, one more than the page holds where there are more.
    func page(_ statement: Statement, _ request: PageRequest, as principal: Principal) async throws -> Page {
        let rows = try await database.query(statement, as: principal)
        let shown = rows.prefix(request.limit)
        let next = try rows.count > request.limit ? shown.last.map(Self.cursor) : nil
        return Page(rows: try shown.map { try JSONText($0.get("json")) }, next: next)
    }

    /// Inserts and reads back, once however often it is asked for with the same key.
    ///
    /// - Parameters:
    ///   - id: the new row's; a repeated request gets the first one's instead.
    ///   - refusal: what is said when a policy refuses the row, alike for hidden and absent parents.
    ///   - read: the statement for the row of an id.
    func create(
        _ id: UUID,
        _ inserts: [Statement],
        _ once: Once?,
        as principal: Principal,
        refusal: PublicError,
        read: (UUID) -> Statement
    ) async throws -> Created {
        var statements = inserts
        if let once { statements.insert(Self.claim(once, id, principal), at: 0) }
        do {
            let rows = try await database.run(statements + [read(id)], as: principal).last?.rows
            guard let row = rows?.first else { throw refusal }
            return Created(row: JSONText(try row.get("json")), isReplay: false)
        } catch PostgresError.statementFailed("23505", _, "idempotency_keys_pkey", _) {
            guard let once else { throw refusal }
            return try await replay(once, as: principal, read: read)
        } catch let error as PostgresError where error.sqlState == "42501" {
            throw refusal
        }
    }

    private static func claim(_ once: Once, _ id: UUID, _ principal: Principal) -> Statement {
        """
        insert into idempotency_keys (user_id, key, request, body_hash, created_id)
        values (\(principal.user), \(once.key), \(once.request), \(once.bodyHash)::bytea, \(id))
        """
    }

    private func replay(_ once: Once, as principal: Principal, read: (UUID) -> Statement) async throws -> Created {
        let found = try await database.query(
            """
            select created_id, request = \(once.request) and body_hash = \(once.bodyHash)::bytea as is_same
            from idempotency_keys where key = \(once.key)
            """,
            as: principal
        )
        guard let claim = found.first else { throw PublicError(.conflict, "Try again.") }
        guard try claim.get("is_same", as: Bool.self) else {
            throw PublicError(.idempotencyMismatch, "This Idempotency-Key was used for another request.")
        }
        let row = try await one(
            read(try claim.get("created_id")),
            orElse: "What this Idempotency-Key made is not there any more.",
            as: principal
        )
        return Created(row: row, isReplay: true)
    }

    private static func cursor(_ row: Row) throws -> PageCursor {
        PageCursor(sortValue: try row.get("sort_value"), id: try row.get("id"))
    }
}

extension PageRequest {
    /// One more than the page holds, to know whether there is a next one.
    var fetched: Int { limit + 1 }

    /// The condition that limits a statement to this page; `time` and `id` are what the list is sorted by.
    func bounds(time: StaticString, id: StaticString, table: StaticString) -> Statement {
        switch direction {
        case .before(nil), .after(nil): "true"
        case .before(let point?): Self.comparison("<", point, time, id, table)
        case .after(let point?): Self.comparison(">", point, time, id, table)
        }
    }

    func order(time: StaticString, id: StaticString) -> Statement {
        switch direction {
        case .before: "\(unsafeRaw: time) desc, \(unsafeRaw: id) desc"
        case .after: "\(unsafeRaw: time), \(unsafeRaw: id)"
        }
    }

    private static func comparison(
        _ sign: StaticString,
        _ point: Point,
        _ time: StaticString,
        _ id: StaticString,
        _ table: StaticString
    ) -> Statement {
        switch point {
        case .cursor(let cursor):
            """
            (\(unsafeRaw: time), \(unsafeRaw: id)) \(unsafeRaw: sign) \
            (\(cursor.sortValue)::timestamptz, \(cursor.id)::uuid)
            """
        case .time(let moment):
            "\(unsafeRaw: time) \(unsafeRaw: sign) \(moment)::timestamptz"
        case .row(let row):
            """
            (\(unsafeRaw: time), \(unsafeRaw: id)) \(unsafeRaw: sign) \
            (select \(unsafeRaw: time), \(unsafeRaw: id) from \(unsafeRaw: table) where id = \(row)::uuid)
            """
        }
    }
}
