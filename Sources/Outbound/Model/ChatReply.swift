import Assistant

/// A chat completion, or a chunk of one.
struct ChatReply: Decodable {
    struct Choice: Decodable {
        let delta: Content?
        let message: Content?
        let finishReason: String?

        enum CodingKeys: String, CodingKey {
            case delta, message
            case finishReason = "finish_reason"
        }
    }

    struct Content: Decodable {
        let content: String?
        let toolCalls: [ToolCall]?

        enum CodingKeys: String, CodingKey {
            case content
            case toolCalls = "tool_calls"
        }
    }

    /// A call, or a part of one: name and arguments come in pieces.
    struct ToolCall: Decodable {
        struct Function: Decodable {
            let name: String?
            let arguments: String?
        }

        let index: Int?
        let function: Function?
    }

    struct Failure: Decodable { let type: String? }

    struct Usage: Decodable {
        let prompt: Int?
        let completion: Int?

        var counted: TokenUsage { TokenUsage(promptTokens: prompt ?? 0, completionTokens: completion ?? 0) }

        enum CodingKeys: String, CodingKey {
            case prompt = "prompt_tokens"
            case completion = "completion_tokens"
        }
    }

    let choices: [Choice]?
    let usage: Usage?
    let error: Failure?
}
