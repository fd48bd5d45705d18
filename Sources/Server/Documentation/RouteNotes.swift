/// A note for every route, by method and path. A test holds the list against the router.
enum RouteNotes {
    static var all: [String: RouteNote] {
        system.merging(auth) { $1 }.merging(files) { $1 }.merging(chat) { $1 }.merging(feed) { $1 }
            .merging(schedules) { $1 }.merging(members) { $1 }.merging(storage) { $1 }.merging(resumable) { $1 }
            .merging(assistant) { $1 }.merging(doors) { $1 }.merging(realtime) { $1 }
    }

    static let page: [RouteNote.Field] = [
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

    private static let files: [String: RouteNote] = [
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
    ]
}
