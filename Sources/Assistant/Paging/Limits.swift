public import Domain

/// How much of each thing is taken, in UTF-8 bytes or in pieces.
public enum Limits {
    public static let content = 20_000
    public static let name = 200
    public static let address = 2_000
    public static let members = 500
    public static let roles = 50

    /// - Throws: `PublicError(.invalid)` that names the field.
    public static func check(_ text: String?, _ field: String, _ limit: Int, mayBeBlank: Bool = false) throws {
        guard let text else { return }
        guard text.utf8.count <= limit else { throw invalid(field, "must not be longer than \(limit) bytes") }
        guard mayBeBlank || text.contains(where: { !$0.isWhitespace }) else {
            throw invalid(field, "must not be blank")
        }
    }

    public static func check(count: Int, _ field: String, _ limit: Int) throws {
        guard count <= limit else { throw invalid(field, "must not list more than \(limit)") }
    }

    /// An address that is kept and shown, never fetched.
    public static func checkAddress(_ text: String?, _ field: String) throws {
        guard let text else { return }
        try check(text, field, address)
        let lower = text.lowercased()
        guard ["https://", "http://", "/"].contains(where: lower.hasPrefix) else {
            throw invalid(field, "must begin with https://, http:// or /")
        }
    }

    public static func invalid(_ field: String, _ detail: String) -> PublicError {
        PublicError(.invalid, "\"\(field)\" \(detail).", fields: [.init("/\(field)", detail)])
    }
}
