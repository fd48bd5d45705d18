public import Domain
public import Foundation

/// One question to the assistant.
public struct ChatbotQuestion: Sendable {
    public var query: String
    public var thread: ThreadID?
    public var timeZone: TimeZone
    public var sources: Set<SourceKind>?
    /// The conversation that the answer will be read in, if not by the asker alone.
    public var room: ConversationID?
    public var conversation: ConversationID?
    public var since: Date?
    /// Turns that no thread holds, oldest first: of clients that send their history along.
    public var history: [ThreadTurn] = []
    /// Whether question and answer are kept in a thread.
    public var isKept = true
    /// What the answer will be known by; a new id when nil.
    public var answer: AnswerID?
    /// The message that asks, where it was asked in a conversation.
    public var message: SourceReference?
    /// Whether somebody reads the answer while it is made.
    var isWatched = false

    public init(
        query: String,
        thread: ThreadID? = nil,
        timeZone: TimeZone = .gmt,
        sources: Set<SourceKind>? = nil,
        room: ConversationID? = nil,
        conversation: ConversationID? = nil,
        since: Date? = nil
    ) {
        self.query = query
        self.thread = thread
        self.timeZone = timeZone
        self.sources = sources
        self.room = room
        self.conversation = conversation
        self.since = since
    }
}

/// A row that supports an answer, and the words of it that do.
public struct Citation: Sendable, Codable, Equatable {
    /// As it stands in the answer: [1], [2], …
    public let n: Int
    public let source: SourceReference
    public let conversationID: ConversationID?
    public let title: String?
    public let author: String?
    public let createdAt: Date
    /// Of an event, when it takes place.
    public var startsAt: Date?
    public var endsAt: Date?
    public let locator: String?
    public let quote: String

    enum CodingKeys: String, CodingKey {
        case n, source, title, author, locator, quote
        case conversationID = "conversation_id"
        case createdAt = "created_at"
        case startsAt = "starts_at"
        case endsAt = "ends_at"
    }
}

/// What the assistant says and how it came to say it.
public struct ChatbotAnswer: Sendable {
    public enum Mode: String, Sendable, Codable {
        /// Sentences of the lab, quoted; no model took part.
        case extractive
        case model
        /// Worked out from the calendar's entries.
        case schedule
        /// Nothing relevant is visible.
        case none
    }

    /// Nil, as the thread, of an answer that is not kept.
    public let id: AnswerID?
    public let thread: ThreadID?
    public let answer: String
    public let citations: [Citation]
    public let mode: Mode
    public let index: IndexFreshness
    public let usage: TokenUsage
    /// Passages that not everybody in the room may read, and that were therefore left out.
    public let heldBackFromRoom: Int
    public let trace: AnswerTrace
}

/// What a language model was given and gave.
public struct TokenUsage: Sendable, Codable, Equatable {
    public var promptTokens = 0
    public var completionTokens = 0

    public init(promptTokens: Int = 0, completionTokens: Int = 0) {
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
    }

    enum CodingKeys: String, CodingKey {
        case promptTokens = "prompt_tokens"
        case completionTokens = "completion_tokens"
    }
}

/// What happens while an answer is made.
public enum ChatbotEvent: Sendable {
    /// The passages that the answer may draw on.
    case context([Citation])
    /// The next words of the answer.
    case delta(String)
    /// The last words that were shown are not part of the answer: they are not borne out.
    case withdrawn(String)
    case citation(Citation)
    case done(ChatbotAnswer)

    /// What stands after words that are withdrawn, where they cannot be taken away.
    public static let withdrawalMark = " (not supported by anything found; please disregard)"

    /// Words to be shown where words are only ever added.
    public var addedText: String? {
        switch self {
        case .delta(let text): text
        case .withdrawn: Self.withdrawalMark
        case .context, .citation, .done: nil
        }
    }
}

/// A person's threads with the assistant.
public protocol ThreadStore: Sendable {
    /// The latest questions and answers, oldest first; throws `PublicError(.notFound)` for a thread that is not theirs.
    func history(of thread: ThreadID, limit: Int, for principal: Principal) async throws -> [ThreadTurn]

    /// Keeps a turn, in a new thread when there is none yet.
    func append(_ turn: NewTurn, to thread: ThreadID?, for principal: Principal) async throws
        -> (thread: ThreadID, answer: AnswerID)
}

public struct ThreadTurn: Sendable {
    public let question: String
    public let answer: String

    public init(question: String, answer: String) {
        self.question = question
        self.answer = answer
    }
}

public struct NewTurn: Sendable {
    public let id: AnswerID
    public let question: String
    public let answer: String
    public let citations: [Citation]
    public let mode: ChatbotAnswer.Mode
    public let promptVersion: String?
    public let generation: Int32?
    public let usage: TokenUsage
    public let trace: AnswerTrace
}
