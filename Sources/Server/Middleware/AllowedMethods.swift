/// Which methods an address answers to, by the notes on routes, which a test holds against the router.
enum AllowedMethods {
    private static let routes = RouteNotes.all.keys.map { key in
        let parts = key.split(separator: " ")
        return (method: String(parts[0]), path: parts[1].split(separator: "/"))
    }

    /// In alphabetical order; empty for an address that is nowhere.
    static func of(_ path: String) -> [String] {
        let parts = path.split(separator: "/")
        return Set(routes.filter { matches($0.path, parts) }.map(\.method)).sorted()
    }

    private static func matches(_ template: [Substring], _ parts: [Substring]) -> Bool {
        if template.last == "**" {
            return parts.count >= template.count && matches(template.dropLast(), parts.prefix(template.count - 1))
        }
        return template.count == parts.count && matches(template[...], parts[...])
    }

    private static func matches(_ template: ArraySlice<Substring>, _ parts: ArraySlice<Substring>) -> Bool {
        zip(template, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
}
