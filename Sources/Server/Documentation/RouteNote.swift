/// What is to be known of one route beyond its method and path.
struct RouteNote {
    enum Kind {
        case text, id, number, flag, time, texts, ids, object, any
        case oneOf([String])

        var schema: [String: Any] {
            switch self {
            case .text: ["type": "string"]
            case .id: ["type": "string", "format": "uuid"]
            case .number: ["type": "integer"]
            case .flag: ["type": "boolean"]
            case .time: ["type": "string", "format": "date-time"]
            case .texts: ["type": "array", "items": ["type": "string"]]
            case .ids: ["type": "array", "items": ["type": "string", "format": "uuid"]]
            case .object: ["type": "object"]
            case .any: [:]
            case .oneOf(let values): ["type": "string", "enum": values]
            }
        }

        var example: Any {
            switch self {
            case .text: "text"
            case .id: "00000000-0000-4000-8001-000000000001"
            case .number: 10
            case .flag: false
            case .time: "2026-01-31T14:05:00Z"
            case .texts: ["staff"]
            case .ids: ["00000000-0000-4000-8000-000000000001"]
            case .object, .any: [String: String]()
            case .oneOf(let values): values.first ?? ""
            }
        }
    }

    struct Field {
        let name: String
        let kind: Kind
        let isRequired: Bool

        init(_ name: String, _ kind: Kind, isRequired: Bool = false) {
            self.name = name
            self.kind = kind
            self.isRequired = isRequired
        }

        static func required(_ name: String, _ kind: Kind = .text) -> Field { Field(name, kind, isRequired: true) }
        static func optional(_ name: String, _ kind: Kind = .text) -> Field { Field(name, kind) }
    }

    let summary: String
    var success = 200
    /// Another status, where nothing had to be done, and when that is.
    var otherwise: (status: Int, when: String)?
    var query: [Field] = []
    var body: [Field] = []
    var contentType = "application/json"
    var needsSignIn = true
}
