extension RouteNotes {
    /// Supabase-compatible; names and shapes are that protocol's.
    static let realtime: [String: RouteNote] = [
        "GET /realtime/v1/websocket": .init(
            summary: "Phoenix channels over a websocket: changes of rows, broadcasts, presence.",
            success: 101,
            query: [.optional("apikey"), .optional("vsn", .oneOf(["1.0.0", "2.0.0"]))]
        ),
        "POST /realtime/v1/api/broadcast": .init(
            summary: "Say something on topics.",
            success: 202,
            body: [.required("messages", .any)]
        ),
        "POST /realtime/v1/api/broadcast/{topic}/events/{event}": .init(
            summary: "Say one thing on one topic; the body is what is said.",
            success: 202,
            query: [.optional("private", .flag)]
        ),
    ]
}
