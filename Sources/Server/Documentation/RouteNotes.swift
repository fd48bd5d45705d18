/// A note for every route, by method and path. A test holds the list against the router.
enum RouteNotes {
    static var all: [String: RouteNote] {
        system.merging(auth) { $1 }.merging(chat) { $1 }.merging(feed) { $1 }.merging(schedules) { $1 }
            .merging(members) { $1 }.merging(storage) { $1 }.merging(resumable) { $1 }.merging(assistant) { $1 }
            .merging(doors) { $1 }.merging(realtime) { $1 }
    }

    private static let page: [RouteNote.Field] = [
        .optional("limit", .number), .optional("before"), .optional("after"), .optional("cursor"),
    ]

    private static let system: [String: RouteNote] = [
        "GET /healthz": .init(summary: "Is the server alive?", needsSignIn: false),
        "GET /readyz": .init(summary: "Can it serve requests?", needsSignIn: false),
        "GET /metrics": .init(summary: "Counters for Prometheus.", contentType: "text/plain", needsSignIn: false),
        "GET /openapi.json": .init(summary: "This document.", needsSignIn: false),
        "GET /.well-known/jwks.json": .init(summary: "The keys that sign tokens.", needsSignIn: false),
    ]

    private static let auth: [String: RouteNote] = [
        "POST /api/auth/sign-up": .init(
            summary: "Join the lab; the first member owns it.",
            success: 201,
            body: [.required("email"), .required("password"), .optional("full_name"), .optional("invitation")],
            needsSignIn: false
        ),
        "POST /api/auth/sign-in": .init(
            summary: "Get an access and a refresh token.",
            body: [.required("email"), .required("password")],
            needsSignIn: false
        ),
        "POST /api/auth/refresh": .init(
            summary: "Trade a refresh token for the next one.",
            body: [.required("refresh_token")],
            needsSignIn: false
        ),
        "POST /api/auth/sign-out": .init(
            summary: "End this sign-in, or all.",
            success: 204,
            body: [.optional("everywhere", .flag)]
        ),
        "GET /api/auth/session": .init(summary: "Who is signed in."),
        "POST /api/auth/password": .init(
            summary: "Change the password; ends all other sign-ins.",
            body: [.required("password"), .required("new_password")]
        ),
        "POST /api/auth/reset": .init(
            summary: "Set a new password with an owner's link.",
            body: [.required("token"), .required("new_password")],
            needsSignIn: false
        ),
        "POST /api/auth/invitations": .init(
            summary: "Invite somebody, or let a member set a new password. Owners.",
            success: 201,
            body: [.required("email"), .optional("role")]
        ),
        "GET /api/auth/tokens": .init(summary: "One's personal tokens."),
        "POST /api/auth/tokens": .init(
            summary: "Make a personal token; it is shown once.",
            success: 201,
            body: [
                .required("name"), .optional("scope", .oneOf(["all", "read"])), .optional("expires_in_days", .number),
            ]
        ),
        "DELETE /api/auth/tokens/{id}": .init(summary: "Revoke a personal token.", success: 204),
        "POST /api/auth/webhook": .init(
            summary: "Events of the identity provider, signed.",
            success: 204,
            needsSignIn: false
        ),
    ]

    private static let chat: [String: RouteNote] = [
        "GET /api/chat/conversations": .init(summary: "One's conversations, the liveliest first.", query: page),
        "POST /api/chat/conversations": .init(
            summary: "Begin a conversation.",
            success: 201,
            body: [.optional("name"), .optional("is_group", .flag), .optional("member_ids", .ids)]
        ),
        "GET /api/chat/conversations/{id}": .init(summary: "A conversation with its unread count."),
        "PATCH /api/chat/conversations/{id}": .init(summary: "Rename a group.", body: [.required("name")]),
        "DELETE /api/chat/conversations/{id}": .init(summary: "Delete a conversation that one began.", success: 204),
        "GET /api/chat/conversations/{id}/members": .init(summary: "Who takes part."),
        "POST /api/chat/conversations/{id}/members": .init(
            summary: "Add members to a group.",
            body: [.optional("user_id", .id), .optional("user_ids", .ids)]
        ),
        "DELETE /api/chat/conversations/{id}/members/{user_id}": .init(summary: "Leave, or remove.", success: 204),
        "POST /api/chat/conversations/{id}/read": .init(
            summary: "Mark as read.",
            body: [.optional("last_read_at", .time)]
        ),
        "GET /api/chat/messages": .init(
            summary: "Messages of a conversation, newest first.",
            query: [.required("conversation_id", .id), .optional("stream", .oneOf(["1"]))] + page
        ),
        "POST /api/chat/messages": .init(
            summary: "Write a message.",
            success: 201,
            body: [
                .required("conversation_id", .id), .optional("content"), .optional("media_url"),
                .optional("reply_to", .id),
            ]
        ),
        "GET /api/chat/messages/{id}": .init(summary: "A message."),
        "PATCH /api/chat/messages/{id}": .init(
            summary: "Edit one's message.",
            body: [.optional("content"), .optional("media_url")]
        ),
        "DELETE /api/chat/messages/{id}": .init(summary: "Delete one's message.", success: 204),
        "GET /api/chat/mentions": .init(summary: "Messages that name the asker with an @.", query: page),
    ]

    private static let visibility = RouteNote.Kind.oneOf(["public", "private", "role-based"])

    private static let feed: [String: RouteNote] = [
        "GET /api/files": .init(
            summary: "Files that the asker may see, newest first.",
            query: [
                .optional("conversation_id", .id), .optional("message_id", .id), .optional("status_id", .id),
                .optional("schedule_id", .id),
            ] + page
        ),
        "POST /api/files/upload": .init(
            summary: """
                Announce a file and get a signed address to PUT its bytes to. Where the reply has a complete_url, the \
                address is the object store's own: POST to the former once the bytes are there. A multipart/form-data \
                with a file, after its other fields, is taken at once and answered with the file.
                """,
            success: 201,
            body: [
                .required("name"), .optional("content_type"), .optional("size", .number),
                .optional("conversation_id", .id), .optional("message_id", .id), .optional("status_id", .id),
                .optional("schedule_id", .id),
            ]
        ),
        "GET /api/files/download": .init(
            summary:
                "A signed address to GET a file's bytes from, or those of an earlier version, good for five minutes.",
            query: [.required("id", .id), .optional("version_id", .id)]
        ),
        "GET /api/files/{id}/thumbnail": .init(
            summary: "A small picture (PNG) of an image or of a PDF's first page.",
            contentType: "image/png"
        ),
        "GET /api/files/{id}/versions": .init(
            summary: "What one's own file held before, the latest first; ten are kept."
        ),
        "POST /api/files/{id}/versions": .init(
            summary: "Announce new content of one's file and get a signed address to PUT it to.",
            success: 201,
            body: [.optional("content_type"), .optional("size", .number)]
        ),
        "DELETE /api/files/{id}/links": .init(
            summary: "End all signed addresses of one's file at once.",
            success: 204
        ),
        "GET /api/files/{id}": .init(summary: "A file, without its bytes."),
        "PATCH /api/files/{id}": .init(
            summary: "Rename one's file, attach it, or take it off.",
            body: [
                .optional("name"), .optional("detach", .flag), .optional("conversation_id", .id),
                .optional("message_id", .id), .optional("status_id", .id), .optional("schedule_id", .id),
            ]
        ),
        "DELETE /api/files/{id}": .init(summary: "Delete a file and its bytes.", success: 204),
        "POST /api/files/{id}/complete": .init(
            summary: "Have the bytes taken that were put to the object store, with the token of the announcement.",
            query: [.required("token")],
            needsSignIn: false
        ),
        "PUT /api/files/{id}/content": .init(
            summary: "Send the bytes, with the token of the signed address.",
            query: [.required("token")],
            needsSignIn: false
        ),
        "GET /api/files/{id}/content": .init(
            summary: "Fetch the bytes, whole or a Range, with the token of the signed address.",
            query: [.required("token")],
            contentType: "application/octet-stream",
            needsSignIn: false
        ),
        "GET /api/status": .init(
            summary: "The feed, newest first.",
            query: [.optional("author_id", .id), .optional("stream", .oneOf(["1"]))] + page
        ),
        "POST /api/status": .init(
            summary: "Post a status.",
            success: 201,
            body: [
                .required("text"), .optional("media_url"), .optional("visibility", visibility),
                .optional("roles", .texts),
            ]
        ),
        "GET /api/status/{id}": .init(summary: "A status."),
        "PATCH /api/status/{id}": .init(
            summary: "Edit one's status or its audience.",
            body: [
                .optional("text"), .optional("media_url"), .optional("visibility", visibility),
                .optional("roles", .texts),
            ]
        ),
        "DELETE /api/status/{id}": .init(summary: "Delete one's status; managers delete any.", success: 204),
        "GET /api/status/comments": .init(
            summary: "Comments on a status, oldest first.",
            query: [.required("status_id", .id)] + page
        ),
        "POST /api/status/comments": .init(
            summary: "Comment on a status.",
            success: 201,
            body: [.required("status_id", .id), .required("text")]
        ),
        "GET /api/status/comments/{id}": .init(summary: "A comment."),
        "PATCH /api/status/comments/{id}": .init(summary: "Edit one's comment.", body: [.required("text")]),
        "DELETE /api/status/comments/{id}": .init(summary: "Delete one's comment.", success: 204),
    ]

    private static let schedules: [String: RouteNote] = [
        "GET /api/schedules": .init(
            summary: "Entries between two times, in order.",
            query: [
                .optional("from", .time), .optional("to", .time), .optional("resource"),
                .optional("participant_id", .id),
            ] + page
        ),
        "POST /api/schedules": .init(
            summary: "Make an entry; conflicts are told, not refused.",
            success: 201,
            body: [
                .required("title"), .required("start_time", .time), .required("end_time", .time),
                .optional("description"), .optional("all_day", .flag), .optional("resource"),
                .optional("participants", .ids),
            ]
        ),
        "GET /api/schedules/{id}": .init(summary: "An entry with its conflicts."),
        "PATCH /api/schedules/{id}": .init(
            summary: "Change one's entry; managers change any.",
            body: [
                .optional("title"), .optional("start_time", .time), .optional("end_time", .time),
                .optional("description"), .optional("all_day", .flag), .optional("resource"),
                .optional("participants", .ids),
            ]
        ),
        "DELETE /api/schedules/{id}": .init(summary: "Delete an entry.", success: 204),
        "POST /api/schedules/{id}/participants": .init(
            summary: "Add people to an entry.",
            body: [.optional("user_id", .id), .optional("user_ids", .ids)]
        ),
        "DELETE /api/schedules/{id}/participants/{user_id}": .init(summary: "Leave, or remove.", success: 204),
        "GET /api/schedules/free": .init(
            summary: "When a resource or a person is free.",
            query: [
                .optional("resource"), .optional("user_id", .id), .optional("from", .time), .optional("to", .time),
                .optional("minutes", .number),
            ]
        ),
        "POST /api/schedules/feed": .init(
            summary: "A secret address of the calendar; the one before ends.",
            success: 201
        ),
        "DELETE /api/schedules/feed": .init(summary: "End the secret address.", success: 204),
        "GET /api/schedules/feed/{secret}": .init(
            summary: "The calendar as iCalendar.",
            contentType: "text/calendar",
            needsSignIn: false
        ),
    ]

    private static let members: [String: RouteNote] = [
        "GET /api/users": .init(summary: "The members of the lab.", query: page),
        "GET /api/users/me": .init(summary: "Oneself."),
        "GET /api/users/{id}": .init(summary: "A member."),
        "PATCH /api/users/me": .init(
            summary: "Change oneself.",
            body: [.optional("full_name"), .optional("avatar_url")]
        ),
        "PATCH /api/users/{id}": .init(
            summary: "Change oneself; owners change anyone.",
            body: [.optional("full_name"), .optional("avatar_url")]
        ),
        "DELETE /api/users/{id}": .init(summary: "Deactivate a member. Owners.", success: 204),
        "PUT /api/users/{id}/roles/{role_id}": .init(summary: "Give a role. Owners."),
        "DELETE /api/users/{id}/roles/{role_id}": .init(summary: "Take a role. Owners.", success: 204),
        "GET /api/roles": .init(summary: "Roles and who holds them."),
        "POST /api/roles": .init(summary: "Add a role. Owners.", success: 201, body: [.required("name")]),
        "PATCH /api/roles/{role_id}": .init(summary: "Rename a role. Owners.", body: [.required("name")]),
        "DELETE /api/roles/{role_id}": .init(summary: "Delete a role. Owners.", success: 204),
    ]

    private static let sources = RouteNote.Field.optional("sources", .texts)

    private static let assistant: [String: RouteNote] = [
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

    private static let doors: [String: RouteNote] = [
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
