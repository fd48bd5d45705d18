public import Assistant
public import Domain
import Foundation

/// Members and roles. Runs as labsync_app.
public struct MemberRecords: MemberStore {
    private let records: JSONRecords
    private static let noMember = PublicError(.notFound, "No such member.")
    private static let noRole = PublicError(.notFound, "No such role.")
    private static let ownersOnly = PublicError(.forbidden, "Only owners do this.")

    public init(_ database: Database) {
        records = JSONRecords(database: database)
    }

    public func requireStanding(of principal: Principal) async throws {
        _ = try await records.database.read("select", as: principal)
    }

    public func members(_ page: PageRequest, for principal: Principal) async throws -> Page {
        try await records.page(
            """
            \(Self.member), created_at::text as sort_value, id
            from users
            where deactivated_at is null and \(page.bounds(time: "created_at", id: "id", table: "users"))
            order by \(page.order(time: "created_at", id: "id"))
            limit \(page.fetched)::integer
            """,
            page,
            as: principal
        )
    }

    public func member(_ id: UserID, for principal: Principal) async throws -> JSONText {
        try await records.one(Self.reading(id), orElse: Self.noMember.sentence, as: principal)
    }

    public func change(_ id: UserID, _ change: MemberChange, for principal: Principal) async throws -> JSONText {
        let outcomes = try await records.database.run(
            [
                """
                update users
                set full_name = coalesce(\(change.fullName), full_name),
                    avatar_url = coalesce(\(change.avatarURL), avatar_url), updated_at = now()
                where id = \(id)
                """,
                Self.reading(id),
            ],
            as: principal
        )
        guard let row = outcomes[1].rows.first else { throw Self.noMember }
        guard outcomes[0].affected == 1 else {
            throw PublicError(.forbidden, "Members change themselves; owners change anyone.")
        }
        return JSONText(try row.get("json"))
    }

    public func deactivate(_ id: UserID, for principal: Principal) async throws {
        _ = try await member(id, for: principal)
        do {
            let outcomes = try await records.database.run(
                ["update users set deactivated_at = now() where id = \(id) and deactivated_at is null"],
                as: principal
            )
            guard outcomes[0].affected == 1 else { throw Self.ownersOnly }
        } catch let error as PostgresError where error.sqlState == "42501" {
            throw Self.ownersOnly
        }
    }

    public func roles(for principal: Principal) async throws -> [JSONText] {
        try await records.all("\(Self.role) from roles order by id", as: principal)
    }

    public func addRole(named name: String, for principal: Principal) async throws -> JSONText {
        try Limits.check(name, "name", Limits.name)
        return try await owning(
            [
                "insert into roles (name) values (\(name))",
                "\(Self.role) from roles where name = \(name)",
            ],
            absent: Self.ownersOnly,
            principal
        )
    }

    public func renameRole(_ id: RoleID, to name: String, for principal: Principal) async throws -> JSONText {
        try Limits.check(name, "name", Limits.name)
        return try await owning(
            ["update roles set name = \(name) where id = \(id)", "\(Self.role) from roles where id = \(id)"],
            absent: Self.noRole,
            principal
        )
    }

    public func deleteRole(_ id: RoleID, for principal: Principal) async throws {
        do {
            _ = try await owning(
                ["delete from roles where id = \(id)", "select '{}' as json"],
                absent: Self.noRole,
                principal
            )
        } catch PostgresError.statementFailed("23503", _, _, _) {
            throw PublicError(.conflict, "Somebody still holds this role.")
        }
    }

    public func give(_ role: RoleID, to user: UserID, for principal: Principal) async throws -> JSONText {
        _ = try await member(user, for: principal)
        do {
            let outcomes = try await records.database.run(
                [
                    """
                    insert into user_roles (user_id, role_id) values (\(user), \(role)) on conflict do nothing
                    """,
                    Self.reading(user),
                ],
                as: principal
            )
            guard let row = outcomes[1].rows.first else { throw Self.noMember }
            return JSONText(try row.get("json"))
        } catch let error as PostgresError where error.sqlState == "42501" {
            throw Self.ownersOnly
        } catch PostgresError.statementFailed("23503", _, _, _) {
            throw Self.noRole
        }
    }

    public func take(_ role: RoleID, from user: UserID, for principal: Principal) async throws {
        _ = try await member(user, for: principal)
        do {
            let outcomes = try await records.database.run(
                [
                    "select from user_roles where user_id = \(user) and role_id = \(role)",
                    "delete from user_roles where user_id = \(user) and role_id = \(role)",
                ],
                as: principal
            )
            guard !outcomes[0].rows.isEmpty else { throw Self.noRole }
            guard outcomes[1].affected == 1 else { throw Self.ownersOnly }
        } catch PostgresError.statementFailed("23514", _, _, _) {
            throw PublicError(.conflict, "The lab must keep an owner.")
        }
    }

    /// A change that only owners' policies allow, and what to read after it.
    private func owning(
        _ statements: [Statement],
        absent: PublicError,
        _ principal: Principal
    ) async throws -> JSONText {
        do {
            let outcomes = try await records.database.run(statements, as: principal)
            guard let row = outcomes.last?.rows.first else { throw absent }
            guard outcomes[0].affected == 1 else {
                throw PublicError(.forbidden, "Only owners do this, and not to owner, manager and staff.")
            }
            return JSONText(try row.get("json"))
        } catch let error as PostgresError where error.sqlState == "42501" {
            throw Self.ownersOnly
        } catch PostgresError.statementFailed("23505", _, _, _) {
            throw PublicError(.conflict, "There is a role of that name.")
        }
    }

    private static func reading(_ id: UserID) -> Statement {
        "\(member) from users where id = \(id)"
    }

    private static let role: Statement = """
        select json_build_object(
            'id', id, 'name', name,
            'user_ids', array(select user_id from user_roles where role_id = roles.id order by user_id)
        )::text as json
        """

    private static let member: Statement = """
        select json_build_object(
            'id', id, 'email', email, 'full_name', full_name, 'avatar_url', avatar_url,
            'roles', array(
                select roles.name from user_roles join roles on roles.id = user_roles.role_id
                where user_roles.user_id = users.id order by roles.id),
            'created_at', labsync.rfc3339(created_at), 'deactivated_at', labsync.rfc3339(deactivated_at)
        )::text as json
        """
}
