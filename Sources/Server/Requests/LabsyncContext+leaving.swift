import Assistant
import Domain
import Hummingbird
import NIOCore

extension LabsyncContext {
    /// Ends when whoever asked goes away. For one at a time on a connection.
    func leaving() -> AsyncStream<Void> {
        let (leaving, leaves) = AsyncStream.makeStream(of: Void.self)
        channel.triggerUserOutboundEvent(LeavingWatch(leaves: leaves)).whenFailure { _ in leaves.finish() }
        return leaving
    }

    /// Does the work, and cancels it when whoever asked goes away.
    func untilAskerLeaves<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let leaving = leaving()
        return try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await work() }
            group.addTask {
                for await _ in leaving {}
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
