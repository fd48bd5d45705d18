import Domain
public import Foundation

/// What `/api/chatbot` and `labsync ask --json` answer.
public struct ChatbotResponse: Encodable, Sendable {
    struct Index: Encodable, Sendable {
        let generation: Int32?
        let freshThrough: Date
        let pending: Int
        /// `fused`, or `lexical` when the embedder does not answer.
        let mode: String

        enum CodingKeys: String, CodingKey {
            case generation, pending, mode
            case freshThrough = "fresh_through"
        }
    }

    let answer: String
    let citations: [Citation]
    let threadID: ThreadID?
    let answerID: AnswerID?
    let mode: ChatbotAnswer.Mode
    let index: Index
    let usage: TokenUsage
    let heldBackFromRoom: Int

    enum CodingKeys: String, CodingKey {
        case answer, citations, mode, index, usage
        case threadID = "thread_id"
        case answerID = "answer_id"
        case heldBackFromRoom = "held_back_from_room"
    }

    public init(_ answer: ChatbotAnswer) {
        self.answer = answer.answer
        citations = answer.citations
        threadID = answer.thread
        answerID = answer.id
        mode = answer.mode
        index = Index(
            generation: answer.index.generation,
            freshThrough: answer.index.freshThrough,
            pending: answer.index.pending,
            mode: answer.trace.isLexicalOnly ? "lexical" : "fused"
        )
        usage = answer.usage
        heldBackFromRoom = answer.heldBackFromRoom
    }

    public func json(pretty: Bool = false) throws -> Data {
        try AssistantJSON.encode(self, pretty: pretty)
    }
}
