import Assistant
import Domain

extension Attachment {
    /// From texts by name, as a form and the metadata of a resumable upload have them.
    init(fields: [String: String]) throws {
        try self.init(
            conversation: try Self.id("conversation_id", fields),
            message: try Self.id("message_id", fields),
            status: try Self.id("status_id", fields),
            schedule: try Self.id("schedule_id", fields)
        )
    }

    private static func id<Entity>(_ name: String, _ fields: [String: String]) throws -> Identifier<Entity>? {
        guard let text = fields[name] else { return nil }
        guard let id = Identifier<Entity>(text) else { throw PublicError(.invalid, "\"\(name)\" must be a UUID.") }
        return id
    }
}
