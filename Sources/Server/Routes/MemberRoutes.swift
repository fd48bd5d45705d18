import Assistant
import Domain
import Hummingbird

/// `/api/users` and `/api/roles`
struct MemberRoutes {
    let store: any MemberStore

    func add(to router: some RouterMethods<LabsyncContext>) {
        router.group("/api/users")
            .get(use: members)
            .get("me", use: me)
            .patch("me", use: changeMe)
            .get("{id}", use: member)
            .patch("{id}", use: change)
            .delete("{id}", use: deactivate)
            .put("{id}/roles/{role_id}", use: give)
            .delete("{id}/roles/{role_id}", use: take)
        router.group("/api/roles")
            .get(use: roles)
            .post(use: addRole)
            .patch("{role_id}", use: renameRole)
            .delete("{role_id}", use: deleteRole)
    }

    private static let noMember = "No such member."

    @Sendable
    private func members(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let page = try QueryParameters(request).page(oldestFirst: true)
        return .page(try await store.members(page, for: try context.principal()), for: request)
    }

    @Sendable
    private func me(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        return .json(try await store.member(principal.user, for: principal), for: request)
    }

    @Sendable
    private func member(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: UserID = try context.id("id", orElse: Self.noMember)
        return .json(try await store.member(id, for: principal), for: request)
    }

    @Sendable
    private func change(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        try await change(try context.id("id", orElse: Self.noMember), request, context)
    }

    @Sendable
    private func changeMe(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        try await change(try context.principal().user, request, context)
    }

    private func change(_ id: UserID, _ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        var body = try await JSONBody(request, context)
        let change = try MemberChange(
            fullName: try body.optionalText("full_name"),
            avatarURL: try body.optionalText("avatar_url")
        )
        try body.requireNothingLeft()
        return .json(try await store.change(id, change, for: principal))
    }

    @Sendable
    private func deactivate(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        try await store.deactivate(try context.id("id", orElse: Self.noMember), for: principal)
        return .nothing
    }

    @Sendable
    private func give(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let user: UserID = try context.id("id", orElse: Self.noMember)
        return .json(try await store.give(try context.roleID(), to: user, for: principal))
    }

    @Sendable
    private func take(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let user: UserID = try context.id("id", orElse: Self.noMember)
        try await store.take(try context.roleID(), from: user, for: principal)
        return .nothing
    }

    // MARK: Roles

    @Sendable
    private func roles(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        .list(try await store.roles(for: try context.principal()), for: request)
    }

    @Sendable
    private func addRole(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        var body = try await JSONBody(request, context)
        let name = try body.text("name")
        try body.requireNothingLeft()
        return .json(try await store.addRole(named: name, for: principal), status: .created)
    }

    @Sendable
    private func renameRole(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id = try context.roleID()
        var body = try await JSONBody(request, context)
        let name = try body.text("name")
        try body.requireNothingLeft()
        return .json(try await store.renameRole(id, to: name, for: principal))
    }

    @Sendable
    private func deleteRole(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        try await store.deleteRole(try context.roleID(), for: principal)
        return .nothing
    }
}

extension LabsyncContext {
    fileprivate func roleID() throws -> RoleID {
        guard let id = parameters.get("role_id").flatMap({ RoleID($0) }) else {
            throw PublicError(.notFound, "No such role.")
        }
        return id
    }
}
