import Assistant

/// The body of a request for a chat completion.
struct ChatRequest: Encodable, Sendable {
    struct Message: Encodable {
        let role: String
        let content: String
    }

    struct StreamOptions: Encodable {
        let includeUsage = true

        enum CodingKeys: String, CodingKey { case includeUsage = "include_usage" }
    }

    struct Tool: Encodable {
        struct Function: Encodable {
            let name: String
            let description: String
            let parameters: Schema
        }

        let type = "function"
        let function: Function
    }

    /// An object of texts.
    struct Schema: Encodable {
        struct Property: Encodable {
            let type = "string"
            let description: String
        }

        let type = "object"
        let properties: [String: Property]
        let required: [String]
        let additionalProperties = false
    }

    let model: String
    let messages: [Message]
    var tools: [Tool]
    let stream = true
    let streamOptions = StreamOptions()
    let temperature = 0.0

    init(model: String, _ messages: [ModelMessage], _ tools: [ModelTool]) {
        self.model = model
        self.messages = messages.map { Message(role: $0.role.rawValue, content: $0.content) }
        self.tools = tools.map { tool in
            let schema = Schema(
                properties: tool.parameters.mapValues { .init(description: $0) },
                required: tool.parameters.keys.sorted()
            )
            return Tool(function: .init(name: tool.name, description: tool.description, parameters: schema))
        }
    }

    var withoutTools: ChatRequest {
        var request = self
        request.tools = []
        return request
    }

    enum CodingKeys: String, CodingKey {
        case model, messages, tools, stream, temperature
        case streamOptions = "stream_options"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(model, forKey: .model)
        try container.encode(messages, forKey: .messages)
        // An empty list is refused by many servers.
        if !tools.isEmpty { try container.encode(tools, forKey: .tools) }
        try container.encode(stream, forKey: .stream)
        try container.encode(streamOptions, forKey: .streamOptions)
        try container.encode(temperature, forKey: .temperature)
    }
}
