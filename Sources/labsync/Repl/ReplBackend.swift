import Assistant
import Domain
import Foundation

/// Who answers at the prompt: the lab in this process, or a server.
protocol ReplBackend: Sendable {
    /// - Parameter show: told the answer's words as they come.
    func ask(_ question: ReplQuestion, show: @escaping @Sendable (String) -> Void) async throws -> ReplAnswer
    func explanation(of answer: AnswerID) async throws -> String
    func conversation(named name: String) async throws -> ConversationID
    /// The same, for another member; throws where that is not possible.
    func acting(as email: String) async throws -> any ReplBackend
}

struct ReplQuestion: Sendable {
    var text: String
    var thread: ThreadID?
    var sources: Set<SourceKind>?
    var conversation: ConversationID?
    var since: Date?
}

struct ReplAnswer: Sendable, Decodable {
    let id: AnswerID?
    let thread: ThreadID?
    let text: String
    let citations: [Citation]

    enum CodingKeys: String, CodingKey {
        case id = "answer_id"
        case thread = "thread_id"
        case text = "answer"
        case citations
    }
}
