/// Chat, feed, schedule and members.
extension RouteNotes {
    static let chat: [String: RouteNote] = [
        "GET /api/chat/conversations": .init(summary: "One's conversations, the liveliest first.", query: page),
        "POST /api/chat/conversations": .init(
            summary: "Begin a conversation.",
            success: 201,
            otherwise: (200, "The two have a direct conversation without a name: this is it."),
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

    static let feed: [String: RouteNote] = [
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

    static let schedules: [String: RouteNote] = [
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

    static let members: [String: RouteNote] = [
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
}
