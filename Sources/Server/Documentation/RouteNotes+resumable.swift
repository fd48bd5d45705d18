extension RouteNotes {
    /// TUS 1.0.0, alike at each of its addresses.
    static let resumable: [String: RouteNote] = {
        var notes: [String: RouteNote] = [:]
        for (path, whose, signsIn) in [
            (ResumableRoutes.ofFiles, "a file", true), (ResumableRoutes.ofObjects, "an object", true),
            (ResumableRoutes.signed, "an object by a signed upload", false),
        ] {
            func note(_ summary: String, _ success: Int) -> RouteNote {
                .init(summary: summary, success: success, needsSignIn: signsIn)
            }
            for place in [path, "\(path)/{id}"] {
                notes["OPTIONS \(place)"] = .init(
                    summary: "The TUS version and extensions spoken here.",
                    success: 204,
                    needsSignIn: false
                )
            }
            notes["POST \(path)"] = note("Begin a resumable upload of \(whose) (TUS 1.0.0).", 201)
            notes["HEAD \(path)/{id}"] = note("Where the upload ends: `Upload-Offset`.", 200)
            notes["PATCH \(path)/{id}"] = note("Send the bytes that follow.", 204)
            notes["DELETE \(path)/{id}"] = note("Give the upload up.", 204)
        }
        return notes
    }()
}
