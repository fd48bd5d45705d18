import Assistant
import Domain
import Hummingbird

/// `/api/status` and `/api/status/comments`
struct FeedRoutes {
    let store: any FeedStore
    let changes: ChangeStream

    func add(to router: some RouterMethods<LabsyncContext>) {
        router.group("/api/status")
            .get(use: feed)
            .post(use: post)
            .get("{id}", use: status)
            .patch("{id}", use: edit)
            .delete("{id}", use: delete)
        router.group("/api/status/comments")
            .get(use: comments)
            .post(use: postComment)
            .get("{id}", use: comment)
            .patch("{id}", use: editComment)
            .delete("{id}", use: deleteComment)
    }

    private static let noStatus = "No such status."
    private static let noComment = "No such comment."

    @Sendable
    private func feed(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let query = QueryParameters(request)
        if ChangeStream.isWanted(request) {
            // A sign-in that was ended is noticed when something is read.
            _ = try await store.feed(author: nil, PageRequest(limit: 1), for: principal)
            let wanted = [RealtimeState.Wanted(table: .statuses), RealtimeState.Wanted(table: .statusComments)]
            return try changes.response(to: request, as: try context.verified(), wanted)
        }
        return .page(
            try await store.feed(author: try query.id("author_id"), try query.page(), for: principal),
            for: request
        )
    }

    @Sendable
    private func status(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: StatusID = try context.id("id", orElse: Self.noStatus)
        return .json(try await store.status(id, for: principal), for: request)
    }

    @Sendable
    private func post(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        var body = try await JSONBody(request, context)
        let status = try NewStatus(
            text: try body.optionalText("text"),
            mediaURL: try body.optionalText("media_url"),
            visibility: try body.visibility() ?? .everyone,
            roles: try body.texts("roles") ?? []
        )
        try body.requireNothingLeft()
        return .created(try await store.post(status, try request.once(body), for: principal))
    }

    @Sendable
    private func edit(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: StatusID = try context.id("id", orElse: Self.noStatus)
        var body = try await JSONBody(request, context)
        let text = try body.optionalText("text")
        let mediaURL = try body.optionalText("media_url")
        let roles = try body.texts("roles")
        var audience: Audience?
        if let visibility = try body.visibility() {
            audience = try Audience(visibility, roles: roles ?? [])
        } else if let roles {
            audience = try Audience(.roles, roles: roles)
        }
        try body.requireNothingLeft()
        let change = try StatusChange(text: text, mediaURL: mediaURL, audience: audience)
        return .json(try await store.edit(id, change, for: principal))
    }

    @Sendable
    private func delete(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        try await store.delete(try context.id("id", orElse: Self.noStatus) as StatusID, for: principal)
        return .nothing
    }

    // MARK: Comments

    @Sendable
    private func comments(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let query = QueryParameters(request)
        let status: StatusID = try query.required("status_id")
        let page = try query.page(oldestFirst: true)
        return .page(try await store.comments(on: status, page, for: principal), for: request)
    }

    @Sendable
    private func comment(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: CommentID = try context.id("id", orElse: Self.noComment)
        return .json(try await store.comment(id, for: principal), for: request)
    }

    @Sendable
    private func postComment(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        var body = try await JSONBody(request, context)
        let comment = NewComment(
            status: try body.requiredID("status_id"),
            text: try CommentText(try body.text("text"))
        )
        try body.requireNothingLeft()
        return .created(try await store.post(comment, try request.once(body), for: principal))
    }

    @Sendable
    private func editComment(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: CommentID = try context.id("id", orElse: Self.noComment)
        var body = try await JSONBody(request, context)
        let text = try CommentText(try body.text("text"))
        try body.requireNothingLeft()
        return .json(try await store.edit(id, text: text, for: principal))
    }

    @Sendable
    private func deleteComment(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        try await store.delete(try context.id("id", orElse: Self.noComment) as CommentID, for: principal)
        return .nothing
    }
}

extension JSONBody {
    fileprivate mutating func visibility() throws -> Visibility? {
        guard let text = try optionalText("visibility") else { return nil }
        guard let visibility = Visibility(rawValue: text) else {
            throw Limits.invalid("visibility", "must be public, private or role-based")
        }
        return visibility
    }
}
