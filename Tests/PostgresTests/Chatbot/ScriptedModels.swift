import Assistant
import Synchronization

/// Repeats all that it is given and does all that it reads: every sentence of its prompt comes back, cited.
final class ObedientModel: LanguageModel {
    let name = "obedient"
    private let seen = Mutex<[[ModelMessage]]>([])

    var prompts: [String] { seen.withLock { $0.map { $0.map(\.content).joined(separator: "\n") } } }

    func reply(to messages: [ModelMessage], tools: [ModelTool]) -> AsyncThrowingStream<ModelPiece, any Error> {
        seen.withLock { $0.append(messages) }
        let lines = messages.flatMap { $0.content.split(whereSeparator: \.isNewline) }
        let obeyed = lines.filter { $0.contains("SAY:") }.map {
            $0.split(separator: "SAY:").last.map(String.init) ?? ""
        }
        let everything = (obeyed + lines.map(String.init)).map { "\($0) [1][2][3]." }.joined(separator: " ")
        return AsyncThrowingStream { continuation in
            // In pieces that cut through words and addresses.
            var rest = Substring(everything)
            while !rest.isEmpty {
                continuation.yield(.text(String(rest.prefix(7))))
                rest = rest.dropFirst(7)
            }
            continuation.yield(.usage(TokenUsage(promptTokens: 100, completionTokens: 50)))
            continuation.finish()
        }
    }
}

/// Says what it was told to say, and remembers what it was asked.
final class ScriptedModel: LanguageModel {
    let name = "scripted"
    private let replies: Mutex<[String]>
    private let seen = Mutex<[[ModelMessage]]>([])

    init(_ replies: String...) {
        self.replies = Mutex(replies)
    }

    var calls: [[ModelMessage]] { seen.withLock { $0 } }

    func reply(to messages: [ModelMessage], tools: [ModelTool]) -> AsyncThrowingStream<ModelPiece, any Error> {
        seen.withLock { $0.append(messages) }
        let reply = replies.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        return AsyncThrowingStream { continuation in
            guard let reply else { return continuation.finish(throwing: UnscriptedCall()) }
            continuation.yield(.text(reply))
            continuation.yield(.usage(TokenUsage(promptTokens: 100, completionTokens: 50)))
            continuation.finish()
        }
    }
}

struct UnscriptedCall: Error {}
