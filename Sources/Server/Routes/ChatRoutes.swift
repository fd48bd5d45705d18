import Assistant
import Domain
import Foundation
import Hummingbird

/// `/api/chat/*`
struct ChatRoutes {
    let store: any ChatStore
    /// Listens for whoever speaks to it.
    let assistant: RoomAssistant
    let changes: ChangeStream

    func add(to router: some RouterMethods<LabsyncContext>) {
        router.group("/api/chat/conversations")
            .get(use: conversations)
            .post(use: createConversation)
            .get("{id}", use: conversation)
            .patch("{id}", use: rename)
            .delete("{id}", use: deleteConversation)
            .get("{id}/members", use: members)
            .post("{id}/members", use: addMembers)
            .delete("{id}/members/{user_id}", use: removeMember)
            .post("{id}/read", use: markRead)
        router.group("/api/chat/messages")
            .get(use: messages)
            .post(use: post)
            .get("{id}", use: message)
            .patch("{id}", use: edit)
            .delete("{id}", use: deleteMessage)
        router.get("/api/chat/mentions", use: mentions)
    }

    private static let noConversation = "No such conversation."
    private static let noMessage = "No such message."

    // MARK: Conversations

    @Sendable
    private func conversations(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        .page(
            try await store.conversations(try QueryParameters(request).page(), for: try context.principal()),
            for: request
        )
    }

    @Sendable
    private func conversation(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: ConversationID = try context.id("id", orElse: Self.noConversation)
        return .json(try await store.conversation(id, for: principal), for: request)
    }

    @Sendable
    private func createConversation(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        var body = try await JSONBody(request, context)
        let conversation = try NewConversation(
            name: try body.optionalText("name"),
            isGroup: try body.flag("is_group"),
            members: try body.ids("member_ids") ?? []
        )
        try body.requireNothingLeft()
        return .created(try await store.create(conversation, try request.once(body), for: principal))
    }

    @Sendable
    private func rename(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: ConversationID = try context.id("id", orElse: Self.noConversation)
        var body = try await JSONBody(request, context)
        let name = try body.text("name")
        try body.requireNothingLeft()
        return .json(try await store.rename(id, to: name, for: principal))
    }

    @Sendable
    private func deleteConversation(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        try await store.delete(try context.id("id", orElse: Self.noConversation) as ConversationID, for: principal)
        return .nothing
    }

    // MARK: Members

    @Sendable
    private func members(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: ConversationID = try context.id("id", orElse: Self.noConversation)
        return .list(try await store.members(of: id, for: principal), for: request)
    }

    @Sendable
    private func addMembers(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: ConversationID = try context.id("id", orElse: Self.noConversation)
        var body = try await JSONBody(request, context)
        let people = try body.people()
        try body.requireNothingLeft()
        return .list(try await store.add(people, to: id, for: principal), for: request)
    }

    @Sendable
    private func removeMember(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: ConversationID = try context.id("id", orElse: Self.noConversation)
        try await store.remove(try context.id("user_id", orElse: "No such member."), from: id, for: principal)
        return .nothing
    }

    @Sendable
    private func markRead(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: ConversationID = try context.id("id", orElse: Self.noConversation)
        var body = try await JSONBody(request, context, mayBeEmpty: true)
        let until = try body.time("last_read_at")
        try body.requireNothingLeft()
        return .json(try await store.markRead(id, until: until, for: principal))
    }

    // MARK: Messages

    @Sendable
    private func messages(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let query = QueryParameters(request)
        let conversation: ConversationID = try query.required("conversation_id")
        if ChangeStream.isWanted(request) {
            _ = try await store.conversation(conversation, for: principal)
            let wanted = RealtimeState.Wanted(table: .messages, filter: "conversation_id=eq.\(conversation)")
            return try changes.response(to: request, as: try context.verified(), [wanted])
        }
        let filter = MessageFilter.conversation(conversation)
        return .page(try await store.messages(filter, try query.page(), for: principal), for: request)
    }

    @Sendable
    private func mentions(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let page = try QueryParameters(request).page()
        return .page(try await store.messages(.mentionsOfMe, page, for: principal), for: request)
    }

    @Sendable
    private func message(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: MessageID = try context.id("id", orElse: Self.noMessage)
        return .json(try await store.message(id, for: principal), for: request)
    }

    @Sendable
    private func post(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        var body = try await JSONBody(request, context)
        let message = try NewMessage(
            conversation: try body.requiredID("conversation_id"),
            content: try body.optionalText("content"),
            mediaURL: try body.optionalText("media_url"),
            replyTo: try body.id("reply_to")
        )
        try body.requireNothingLeft()
        let created = try await store.post(message, try request.once(body), for: principal)
        if !created.isReplay, let content = message.content, let id = created.messageID {
            assistant.heard(content, id, in: message.conversation, from: principal)
        }
        return .created(created)
    }

    @Sendable
    private func edit(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: MessageID = try context.id("id", orElse: Self.noMessage)
        var body = try await JSONBody(request, context)
        let change = try MessageChange(
            content: try body.optionalText("content"),
            mediaURL: try body.optionalText("media_url")
        )
        try body.requireNothingLeft()
        return .json(try await store.edit(id, change, for: principal))
    }

    @Sendable
    private func deleteMessage(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        try await store.delete(try context.id("id", orElse: Self.noMessage) as MessageID, for: principal)
        return .nothing
    }
}

extension Created {
    fileprivate var messageID: MessageID? {
        struct Row: Decodable { let id: MessageID }
        return try? JSONDecoder().decode(Row.self, from: Data(row.text.utf8)).id
    }
}

extension JSONBody {
    /// `user_ids`, or one `user_id`.
    mutating func people() throws -> [UserID] {
        if let one: UserID = try id("user_id") { return [one] }
        guard let several: [UserID] = try ids("user_ids"), !several.isEmpty else {
            throw Limits.invalid("user_ids", "is required")
        }
        return several
    }
}
