public import Domain

/// What a person asked before. An answer that draws on a row which its asker can no longer see is not shown again.
public protocol AnswerStore: Sendable {
    /// Newest first.
    func threads(_ page: PageRequest, for principal: Principal) async throws -> Page
    /// Oldest first; throws `PublicError(.notFound)` for a thread that is not theirs.
    func turns(of thread: ThreadID, _ page: PageRequest, for principal: Principal) async throws -> Page
    func delete(_ thread: ThreadID, for principal: Principal) async throws
    func thread(of answer: AnswerID, for principal: Principal) async throws -> ThreadID?
    func rate(_ answer: AnswerID, isHelpful: Bool, reason: String?, for principal: Principal) async throws -> JSONText
    func explanation(of answer: AnswerID, for principal: Principal) async throws -> JSONText
    func kept(_ answer: AnswerID, for principal: Principal) async throws -> KeptAnswer
}

/// A question with its answer, as they were.
public struct KeptAnswer: Sendable {
    public let question: String
    public let row: JSONText
    public let sources: [SourceReference]
    public let trace: AnswerTrace?

    public init(question: String, row: JSONText, sources: [SourceReference], trace: AnswerTrace?) {
        self.question = question
        self.row = row
        self.sources = sources
        self.trace = trace
    }
}
