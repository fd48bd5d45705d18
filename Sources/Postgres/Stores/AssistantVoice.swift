public import Assistant
public import Domain
import Foundation

/// Writes what the assistant says in conversations. Runs as labsync_app; the database checks that the asker is there.
public struct AssistantVoice: ConversationVoice {
    private let database: Database

    public init(_ database: Database) {
        self.database = database
    }

    public func say(
        _ text: String,
        in conversation: ConversationID,
        answering message: MessageID?,
        for principal: Principal
    ) async throws {
        let said = String(text.prefix(Limits.content / 4))
        _ = try await database.query(
            "select labsync.post_as_assistant(\(UUID()), \(conversation), \(message)::uuid, \(said))",
            as: principal
        )
    }
}
