/// Search, the assistant, and the doors that other programs take to both.
extension RouteNotes {
    private static let sources = RouteNote.Field.optional("sources", .texts)

    static let assistant: [String: RouteNote] = [
        "POST /api/search": .init(
            summary: "Passages that fit a question, best first.",
            body: [
                .required("query"), .optional("limit", .number), sources, .optional("conversation_id", .id),
                .optional("since", .time), .optional("until", .time), .optional("timezone"),
                .optional("mode", .oneOf(["fast", "certified", "exact"])), .optional("explain", .flag),
            ]
        ),
        "POST /api/chatbot": .init(
            summary:
                "An answer with citations; when streaming, the events `context`, `delta`, `citation`, `done`, `error`. "
                + "A `delta` with `withdraws` takes these last words back; its `text` says so where they stay.",
            body: [
                .required("query"), .optional("thread_id", .id), .optional("stream", .flag), .optional("timezone"),
                sources, .optional("room", .id),
            ]
        ),
        "GET /api/chatbot/threads": .init(summary: "One's threads with the assistant.", query: page),
        "GET /api/chatbot/threads/{id}": .init(summary: "The turns of a thread.", query: page),
        "DELETE /api/chatbot/threads/{id}": .init(summary: "Delete a thread.", success: 204),
        "POST /api/chatbot/answers/{id}/feedback": .init(
            summary: "Was the answer helpful?",
            success: 204,
            body: [.required("helpful", .flag), .optional("reason")]
        ),
        "GET /api/chatbot/answers/{id}/explain": .init(summary: "How an answer came about."),
        "GET /api/chatbot/answers/{id}/replay": .init(summary: "The same question again, beside the kept answer."),
        "POST /api/chatbot/answers/{id}/replay": .init(summary: "The same question again, beside the kept answer."),
    ]

    static let doors: [String: RouteNote] = [
        "GET /v1/models": .init(summary: "OpenAI-compatible: the assistant and the embedder as models."),
        "GET /v1/models/{id}": .init(summary: "OpenAI-compatible: a model."),
        "POST /v1/chat/completions": .init(
            summary: "OpenAI-compatible: ask the assistant.",
            body: [.required("model"), .required("messages", .any), .optional("stream", .flag)]
        ),
        "POST /v1/embeddings": .init(
            summary: "OpenAI-compatible: embed texts.",
            body: [.required("model"), .required("input", .any)]
        ),
        "POST /v1/responses": .init(
            summary: "OpenAI-compatible: ask the assistant.",
            body: [.required("model"), .required("input", .any)]
        ),
        "POST /mcp": .init(
            summary: "Model Context Protocol: search, ask and schedule as tools.",
            body: [.required("method")]
        ),
        "GET /mcp": .init(summary: "Not offered: the protocol's stream is opened by POST.", success: 405),
        "DELETE /mcp": .init(summary: "Not offered: there are no sessions to end.", success: 405),
    ]
}
