extension RouteNotes {
    /// Supabase-compatible; names and shapes are that protocol's.
    static let storage: [String: RouteNote] = {
        let bucket: [RouteNote.Field] = [
            .optional("public", .flag), .optional("file_size_limit", .any), .optional("allowed_mime_types", .texts),
        ]
        let ends: [RouteNote.Field] = [
            .required("bucketId"), .required("sourceKey"), .required("destinationKey"), .optional("destinationBucket"),
        ]
        let folder: [RouteNote.Field] = [
            .optional("prefix"), .optional("limit", .number), .optional("sortBy", .object),
        ]
        let life = RouteNote.Field.required("expiresIn", .any)
        let token = RouteNote.Field.required("token")
        let download = RouteNote.Field.optional("download")
        return [
            "GET /storage/v1/bucket": .init(summary: "The buckets of the lab."),
            "POST /storage/v1/bucket": .init(
                summary: "Make a bucket. Managers.",
                body: [.required("id"), .optional("name")] + bucket
            ),
            "GET /storage/v1/bucket/{bucket}": .init(summary: "A bucket."),
            "PUT /storage/v1/bucket/{bucket}": .init(summary: "Change a bucket. Managers.", body: bucket),
            "DELETE /storage/v1/bucket/{bucket}": .init(summary: "Delete an empty bucket. Managers."),
            "POST /storage/v1/bucket/{bucket}/empty": .init(summary: "Remove what one may remove from a bucket."),
            "POST /storage/v1/object/list/{bucket}": .init(
                summary: "One folder of a bucket.",
                body: folder + [.optional("offset", .number), .optional("search")]
            ),
            "POST /storage/v1/object/list-v2/{bucket}": .init(
                summary: "Objects by their paths, page by page.",
                body: folder + [.optional("cursor"), .optional("with_delimiter", .flag)]
            ),
            "POST /storage/v1/object/move": .init(summary: "Move an object.", body: ends),
            "POST /storage/v1/object/copy": .init(summary: "Copy an object.", body: ends),
            "POST /storage/v1/object/sign/{bucket}": .init(
                summary: "Sign many downloads.",
                body: [life, .required("paths", .texts)]
            ),
            "POST /storage/v1/object/sign/{bucket}/**": .init(summary: "Sign a download.", body: [life]),
            "GET /storage/v1/object/sign/{bucket}/**": bytes("Fetch by a signed address.", [token, download]),
            "HEAD /storage/v1/object/sign/{bucket}/**": bytes("What a signed address holds.", [token, download]),
            "POST /storage/v1/object/upload/sign/{bucket}/**": .init(summary: "Sign an upload."),
            "PUT /storage/v1/object/upload/sign/{bucket}/**": .init(
                summary: "Upload by a signed address.",
                query: [token],
                needsSignIn: false
            ),
            "GET /storage/v1/object/public/{bucket}/**": bytes("Fetch from a public bucket.", [download]),
            "HEAD /storage/v1/object/public/{bucket}/**": bytes("What a public address holds.", [download]),
            "GET /storage/v1/object/authenticated/{bucket}/**": bytes("Fetch an object.", [download], signsIn: true),
            "HEAD /storage/v1/object/authenticated/{bucket}/**": bytes("Is it there?", [download], signsIn: true),
            "GET /storage/v1/object/info/{bucket}/**": .init(summary: "What is known of an object."),
            "GET /storage/v1/object/info/authenticated/{bucket}/**": .init(summary: "What is known of an object."),
            "GET /storage/v1/object/info/public/{bucket}/**": .init(
                summary: "What is known of an object in a public bucket.",
                needsSignIn: false
            ),
            "DELETE /storage/v1/object/{bucket}": .init(
                summary: "Remove objects; tells which were.",
                body: [.required("prefixes", .texts)]
            ),
            "POST /storage/v1/object/{bucket}/**": .init(summary: "Upload; `x-upsert: true` replaces one's own."),
            "PUT /storage/v1/object/{bucket}/**": .init(summary: "Replace one's own object."),
            "GET /storage/v1/object/{bucket}/**": bytes("Fetch an object.", [download], signsIn: true),
            "HEAD /storage/v1/object/{bucket}/**": bytes("Is it there?", [download], signsIn: true),
            "DELETE /storage/v1/object/{bucket}/**": .init(summary: "Remove an object."),
        ]
    }()

    private static func bytes(_ summary: String, _ query: [RouteNote.Field], signsIn: Bool = false) -> RouteNote {
        .init(summary: summary, query: query, contentType: "application/octet-stream", needsSignIn: signsIn)
    }
}
