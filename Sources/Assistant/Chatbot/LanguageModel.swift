/// A language model that continues a conversation.
public protocol LanguageModel: Sendable {
    var name: String { get }
    /// Pieces of the reply as they come.
    ///
    /// - Parameter tools: what the model may ask to be called instead of answering; a model may know of no tools.
    func reply(to messages: [ModelMessage], tools: [ModelTool]) -> AsyncThrowingStream<ModelPiece, any Error>
}

extension LanguageModel {
    func reply(to messages: [ModelMessage]) -> AsyncThrowingStream<ModelPiece, any Error> {
        reply(to: messages, tools: [])
    }
}

public struct ModelMessage: Sendable, Equatable {
    public enum Role: String, Sendable {
        case system, user, assistant
    }

    public let role: Role
    public let content: String

    public init(_ role: Role, _ content: String) {
        self.role = role
        self.content = content
    }
}

/// A function that takes texts.
public struct ModelTool: Sendable, Equatable {
    public let name: String
    public let description: String
    /// Descriptions by name; all are required.
    public let parameters: [String: String]

    public init(_ name: String, _ description: String, parameters: [String: String]) {
        self.name = name
        self.description = description
        self.parameters = parameters
    }
}

public enum ModelPiece: Sendable, Equatable {
    case text(String)
    /// Whole, its arguments those that are texts.
    case toolCall(name: String, arguments: [String: String])
    case usage(TokenUsage)
}
