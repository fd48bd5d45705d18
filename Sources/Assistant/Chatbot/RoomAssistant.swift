public import Domain
public import Foundation
public import Logging

/// Says something in a conversation as the assistant.
public protocol ConversationVoice: Sendable {
    /// Does nothing where the principal is not in the conversation.
    func say(
        _ text: String,
        in conversation: ConversationID,
        answering message: MessageID?,
        for principal: Principal
    ) async throws
}

/// Answers whoever speaks to `@assistant` in a conversation, drawing only on what everybody there may see.
///
/// Questions wait in memory: one that a stop of the server cuts off is asked again by a person.
public final class RoomAssistant: Sendable {
    /// Further ones are dropped.
    private static let mostWaiting = 100
    private static let atOnce = 2
    static let notFound = "I found nothing about that in what everybody here can see."

    private struct Call: Sendable {
        let question: String
        let message: MessageID
        let conversation: ConversationID
        let principal: Principal
    }

    private let chatbot: ChatbotService
    private let voice: any ConversationVoice
    private let timeZone: TimeZone
    private let logger: Logger
    private let calls: AsyncStream<Call>
    private let waiting: AsyncStream<Call>.Continuation

    public init(chatbot: ChatbotService, voice: any ConversationVoice, timeZone: TimeZone, logger: Logger) {
        self.chatbot = chatbot
        self.voice = voice
        self.timeZone = timeZone
        self.logger = logger
        (calls, waiting) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.mostWaiting))
    }

    /// Told of every new message; returns at once.
    public func heard(_ text: String, _ message: MessageID, in conversation: ConversationID, from principal: Principal)
    {
        guard let question = AssistantMention.question(in: text) else { return }
        waiting.yield(Call(question: question, message: message, conversation: conversation, principal: principal))
    }

    /// Answers until cancelled. To be called once.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            for await call in calls {
                if running >= Self.atOnce {
                    await group.next()
                    running -= 1
                }
                running += 1
                group.addTask { await self.answer(call) }
            }
        }
    }

    private func answer(_ call: Call) async {
        do {
            var question = ChatbotQuestion(query: call.question, timeZone: timeZone, room: call.conversation)
            question.isKept = false
            question.message = SourceReference(kind: .message, id: call.message.uuid)
            let answer = try await chatbot.answer(question, for: call.principal)
            try await say(text(answer), call)
            // What not everybody there may see is for the asker alone, among their own threads.
            guard answer.heldBackFromRoom > 0 else { return }
            var whole = ChatbotQuestion(query: call.question, timeZone: timeZone)
            whole.message = question.message
            _ = try await chatbot.answer(whole, for: call.principal)
        } catch let error as PublicError {
            await apologise(error.sentence, call)
        } catch is CancellationError {
            return
        } catch {
            logger.error("mention not answered", metadata: ["error": "\(error)"])
            await apologise("Something went wrong on my side. It has been logged.", call)
        }
    }

    private func apologise(_ sentence: String, _ call: Call) async {
        do {
            try await say(sentence, call)
        } catch {
            logger.error("mention not answered", metadata: ["error": "\(error)"])
        }
    }

    private func say(_ text: String, _ call: Call) async throws {
        try await voice.say(text, in: call.conversation, answering: call.message, for: call.principal)
    }

    private func text(_ answer: ChatbotAnswer) -> String {
        guard !answer.citations.isEmpty else {
            return answer.mode == .none ? Self.notFound : answer.answer
        }
        let sources = answer.citations.map { "[\($0.n)] \($0.whereabouts(in: timeZone))" }
        return ([answer.answer, ""] + sources).joined(separator: "\n")
    }
}
