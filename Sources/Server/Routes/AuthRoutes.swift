import Assistant
import Domain
import Foundation
import Hummingbird
import NIOCore
import NIOFoundationCompat

/// `/api/auth/*`
struct AuthRoutes {
    let accounts: Accounts
    let members: any MemberStore
    let webhook: ClerkWebhook?

    func add(to router: some RouterMethods<LabsyncContext>) {
        router.group("/api/auth")
            .post("sign-up", use: signUp)
            .post("sign-in", use: signIn)
            .post("refresh", use: refresh)
            .post("sign-out", use: signOut)
            .get("session", use: session)
            .post("password", use: changePassword)
            .post("reset", use: resetPassword)
            .post("invitations", use: invite)
            .get("tokens", use: tokens)
            .post("tokens", use: makeToken)
            .delete("tokens/{id}", use: revokeToken)
            .post("webhook", use: hear)
    }

    // MARK: Sessions

    @Sendable
    private func signUp(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        var body = try await JSONBody(request, context)
        let email = try body.text("email")
        let password = try body.text("password")
        let fullName = try body.optionalText("full_name")
        let invitation = try body.optionalText("invitation")
        try body.requireNothingLeft()
        let session = try await accounts.signUp(
            email: email,
            password: password,
            fullName: fullName,
            invitation: invitation
        )
        return try .signedIn(session, status: .created)
    }

    @Sendable
    private func signIn(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        var body = try await JSONBody(request, context)
        let email = try body.text("email")
        let password = try body.text("password")
        try body.requireNothingLeft()
        return try .signedIn(
            try await accounts.signIn(email: email, password: password, address: context.remoteAddress)
        )
    }

    @Sendable
    private func refresh(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        var body = try await JSONBody(request, context)
        let token = try body.text("refresh_token")
        try body.requireNothingLeft()
        return try .signedIn(try await accounts.refresh(token))
    }

    @Sendable
    private func signOut(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let token = try context.verified()
        var body = try await JSONBody(request, context, mayBeEmpty: true)
        let everywhere = try body.flag("everywhere")
        try body.requireNothingLeft()
        try await accounts.signOut(token, everywhere: everywhere)
        var response = Response.nothing
        response.headers[.setCookie] = "__session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
        return response
    }

    @Sendable
    private func session(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let token = try context.verified()
        let member = try await self.member(token.principal)
        let expires = token.expires.map { "\"\($0.formatted(.iso8601))\"" } ?? "null"
        return .json(JSONText("{\"user\":\(member.text),\"expires_at\":\(expires)}"), for: request)
    }

    private func member(_ principal: Principal) async throws -> JSONText {
        do {
            return try await members.member(principal.user, for: principal)
        } catch let error as PublicError where error.code == .notFound {
            throw PublicError(.unauthenticated, "You are not a member of this lab.")
        }
    }

    // MARK: Passwords

    @Sendable
    private func changePassword(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let token = try context.verified()
        var body = try await JSONBody(request, context)
        let current = try body.text("password")
        let next = try body.text("new_password")
        try body.requireNothingLeft()
        return try .signedIn(try await accounts.changePassword(token, from: current, to: next))
    }

    @Sendable
    private func resetPassword(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        var body = try await JSONBody(request, context)
        let token = try body.text("token")
        let next = try body.text("new_password")
        try body.requireNothingLeft()
        return try .signedIn(try await accounts.resetPassword(next, with: token))
    }

    @Sendable
    private func invite(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        var body = try await JSONBody(request, context)
        let email = try body.text("email")
        let role = try body.optionalText("role") ?? "staff"
        try body.requireNothingLeft()
        let invitation = try await accounts.invite(email: email, role: role, by: principal.user)
        let reply = ["token": invitation.token, "expires_at": invitation.expires.formatted(.iso8601)]
        return .json(try AssistantJSON.encode(reply), status: .created)
    }

    // MARK: Personal tokens

    @Sendable
    private func tokens(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let user = try context.principal().user
        let rows = try await accounts.store.personalTokens(of: user).map { try TokenRow($0).json() }
        return .list(rows, for: request)
    }

    @Sendable
    private func makeToken(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let user = try context.principal().user
        var body = try await JSONBody(request, context)
        let name = try body.text("name")
        let scopeName = try body.optionalText("scope") ?? PersonalToken.Scope.all.rawValue
        let days = try body.number("expires_in_days")
        try body.requireNothingLeft()
        guard let scope = PersonalToken.Scope(rawValue: scopeName) else {
            throw Limits.invalid("scope", "must be all or read")
        }
        guard days.map((1...3660).contains) ?? true else {
            throw Limits.invalid("expires_in_days", "must be from 1 to 3660")
        }
        let (token, kept) = try await accounts.makePersonalToken(named: name, scope: scope, days: days, for: user)
        return .json(try TokenRow(kept, token: token).json(), status: .created)
    }

    @Sendable
    private func revokeToken(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let user = try context.principal().user
        guard let id = context.parameters.get("id").flatMap({ UUID(uuidString: $0) }),
            try await accounts.store.revokePersonalToken(id, of: user)
        else { throw PublicError(.notFound, "No such token.") }
        return .nothing
    }

    // MARK: Clerk

    @Sendable
    private func hear(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        guard let webhook else { throw PublicError(.notFound, "No identity provider is set up here.") }
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: context.maxUploadSize)
        } catch {
            throw PublicError(.tooLarge, "The body is too large.")
        }
        let body = Data(buffer: buffer)
        let id = try webhook.verifiedID(request.headers, body: body, now: Date())
        if let event = try ClerkWebhook.event(id: id, body: body) { try await accounts.store.apply(event) }
        return .nothing
    }
}

/// A personal token as its owner sees it; the token itself only once.
private struct TokenRow: Encodable {
    let id: String
    let name: String
    let scope: String
    let createdAt: Date
    let expiresAt: Date?
    let token: String?

    enum CodingKeys: String, CodingKey {
        case id, name, scope, token
        case createdAt = "created_at"
        case expiresAt = "expires_at"
    }

    init(_ kept: PersonalToken, token: String? = nil) {
        id = kept.id.uuidString.lowercased()
        name = kept.name
        scope = kept.scope.rawValue
        createdAt = kept.createdAt
        expiresAt = kept.expires
        self.token = token
    }

    func json() throws -> JSONText {
        JSONText(String(decoding: try AssistantJSON.encode(self), as: UTF8.self))
    }
}

extension Response {
    /// With the cookie that a page of the same site uses.
    fileprivate static func signedIn(
        _ session: Accounts.Session,
        status: HTTPResponse.Status = .ok
    ) throws -> Response {
        var response = Response.json(try AssistantJSON.encode(session), status: status)
        response.headers[.cacheControl] = "no-store"
        response.headers[.setCookie] =
            "__session=\(session.accessToken); Path=/; HttpOnly; SameSite=Lax; Max-Age=\(session.expiresIn)"
        return response
    }
}
