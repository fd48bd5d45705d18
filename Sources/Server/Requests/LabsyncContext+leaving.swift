import Assistant
import Domain
import Hummingbird
import NIOCore

extension LabsyncContext {
    /// Does the work, and cancels it when the connection closes: nobody waits for it any more.
    func untilAskerLeaves<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        // Not by what the connection still brings: Hummingbird's handler for that ends the program when the work throws.
        let (connection, end) = AsyncStream.makeStream(of: Void.self)
        channel.closeFuture.whenComplete { _ in end.finish() }
        return try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await work() }
            group.addTask {
                for await _ in connection {}
                throw CancellationError()
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }

    /// The whole answer; a model stops writing when whoever asked goes away.
    func answer(
        _ question: ChatbotQuestion,
        by chatbot: ChatbotService,
        for principal: Principal
    ) async throws -> ChatbotAnswer {
        // Without a model an answer takes no longer than other requests do.
        guard chatbot.hasModel else { return try await chatbot.answer(question, for: principal) }
        return try await untilAskerLeaves { try await chatbot.answer(question, for: principal) }
    }
}
