public import Assistant
public import Domain
import Foundation

/// Statuses. Runs as labsync_app.
public struct FeedRecords: FeedStore {
    let records: JSONRecords
    static let noStatus = PublicError(.notFound, "No such status.")

    public init(_ database: Database) {
        records = JSONRecords(database: database)
    }

    public func feed(author: UserID?, _ page: PageRequest, for principal: Principal) async throws -> Page {
        let ofAuthor: Statement = if let author { "statuses.author_id = \(author)" } else { "true" }
        return try await records.page(
            """
            \(Self.status), statuses.created_at::text as sort_value, statuses.id
            from statuses left join users on users.id = statuses.author_id
            where \(ofAuthor)
                and \(page.bounds(time: "statuses.created_at", id: "statuses.id", table: "statuses"))
            order by \(page.order(time: "statuses.created_at", id: "statuses.id"))
            limit \(page.fetched)::integer
            """,
            page,
            as: principal
        )
    }

    public func status(_ id: StatusID, for principal: Principal) async throws -> JSONText {
        try await records.one(Self.reading(id), orElse: Self.noStatus.sentence, as: principal)
    }

    public func post(_ status: NewStatus, _ once: Once?, for principal: Principal) async throws -> Created {
        try await requireRoles(status.roles, principal)
        let id = UUID()
        return try await records.create(
            id,
            [
                """
                insert into statuses (id, author_id, text, media_url, visibility)
                values (\(id), \(principal.user), \(status.text), \(status.mediaURL), \(status.visibility.rawValue))
                """,
                Self.listing(StatusID(id), status.roles),
            ],
            once,
            as: principal,
            refusal: PublicError(.unauthenticated, "You are not a member of this lab."),
            read: { Self.reading(StatusID($0)) }
        )
    }

    public func edit(_ id: StatusID, _ change: StatusChange, for principal: Principal) async throws -> JSONText {
        try await requireRoles(change.audience?.roles ?? [], principal)
        var statements: [Statement] = [
            """
            update statuses
            set text = coalesce(\(change.text), text), media_url = coalesce(\(change.mediaURL), media_url),
                visibility = coalesce(\(change.audience?.visibility.rawValue), visibility), edited_at = now()
            where id = \(id)
            """
        ]
        if let audience = change.audience {
            // The policies let nobody but the author touch the list, so that a refused edit changes nothing here either.
            statements.append(
                """
                delete from status_roles
                where status_id = \(id)
                    and role_id not in (select id from roles where name = any (\(audience.roles)::text[]))
                """
            )
            if !audience.roles.isEmpty {
                statements.append(
                    """
                    insert into status_roles (status_id, role_id)
                    select statuses.id, roles.id from statuses, roles
                    where statuses.id = \(id) and author_id = \(principal.user)
                        and roles.name = any (\(audience.roles)::text[])
                    on conflict do nothing
                    """
                )
            }
        }
        let outcomes = try await records.database.run(statements + [Self.reading(id)], as: principal)
        guard let row = outcomes.last?.rows.first else { throw Self.noStatus }
        guard outcomes[0].affected == 1 else { throw PublicError(.forbidden, "Only who posted a status edits it.") }
        return JSONText(try row.get("json"))
    }

    public func delete(_ id: StatusID, for principal: Principal) async throws {
        let outcomes = try await records.database.run(
            ["select from statuses where id = \(id)", "delete from statuses where id = \(id)"],
            as: principal
        )
        guard !outcomes[0].rows.isEmpty else { throw Self.noStatus }
        guard outcomes[1].affected == 1 else {
            throw PublicError(.forbidden, "Only who posted a status, or a manager, deletes it.")
        }
    }

    private func requireRoles(_ names: [String], _ principal: Principal) async throws {
        guard !names.isEmpty else { return }
        let known = try await records.database.query(
            "select name from roles where name = any (\(names)::text[])",
            as: principal
        ).count
        guard known == Set(names).count else { throw Limits.invalid("roles", "names a role that does not exist") }
    }

    private static func listing(_ id: StatusID, _ roles: [String]) -> Statement {
        """
        insert into status_roles (status_id, role_id)
        select \(id)::uuid, id from roles where name = any (\(roles)::text[])
        """
    }

    private static func reading(_ id: StatusID) -> Statement {
        "\(status) from statuses left join users on users.id = statuses.author_id where statuses.id = \(id)"
    }

    private static let status: Statement = """
        select json_build_object(
            'id', statuses.id, 'author_id', statuses.author_id, 'author_name', users.full_name,
            'text', statuses.text, 'media_url', statuses.media_url, 'visibility', statuses.visibility,
            'roles', array(
                select roles.name from status_roles join roles on roles.id = status_roles.role_id
                where status_roles.status_id = statuses.id order by roles.name),
            'comment_count', (select count(*) from status_comments where status_id = statuses.id),
            'created_at', labsync.rfc3339(statuses.created_at), 'edited_at', labsync.rfc3339(statuses.edited_at)
        )::text as json
        """
}
