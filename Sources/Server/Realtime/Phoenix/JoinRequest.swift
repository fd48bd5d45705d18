import Assistant

/// What a join asks for; whatever is missing or malformed is taken for its default.
struct JoinRequest {
    struct Binding {
        /// As it came, for the reply.
        let members: [(name: String, value: RawJSON)]
        let event: ChangeSubscription.Event?
        let schema: String
        /// Nil: every table.
        let table: String?
        let filter: String
        let columns: [String]?
    }

    var hearsItself = false
    var wantsAcknowledgement = false
    var presenceKey: String?
    var hasPresence = true
    var isPrivate = false
    var bindings: [Binding] = []
    /// The last change that the client saw before it went away.
    var lastEvent: ReplayWindow.Position?
    /// Nil: that of the connection.
    var token: String?

    init(_ payload: RawJSON?) {
        guard let payload else { return }
        let token = payload["user_token"]?.text ?? payload["access_token"]?.text
        // Such a key stands for the connection's.
        self.token = token.flatMap { $0.isEmpty || $0.hasPrefix("sb_") ? nil : $0 }
        guard let config = payload["config"] else { return }
        let broadcast = config["broadcast"]
        hearsItself = broadcast?["self"]?.flag ?? false
        wantsAcknowledgement = broadcast?["ack"]?.flag ?? false
        let presence = config["presence"]
        presenceKey = presence?["key"]?.text.flatMap { $0.isEmpty ? nil : $0 }
        // Older clients do not say so, and expect it.
        hasPresence = presence?["enabled"]?.flag ?? true
        isPrivate = config["private"]?.flag ?? false
        lastEvent = config["last_event"]?.text.flatMap { ReplayWindow.Position($0) }
        bindings = (config["postgres_changes"]?.elements ?? []).compactMap(Binding.init)
    }
}

extension JoinRequest.Binding {
    /// Nil for null, which clients send for what they took out.
    init?(_ json: RawJSON) {
        guard let members = json.members else { return nil }
        // Clients of the first versions say `events`.
        let event = (json["event"] ?? json["events"])?.text
        self.init(
            members: members.filter { $0.name != "id" },
            event: event.flatMap { ChangeSubscription.Event(rawValue: $0.uppercased()) },
            schema: json["schema"]?.text ?? "public",
            table: json["table"]?.text.flatMap { $0 == "*" || $0.isEmpty ? nil : $0 },
            filter: json["filter"]?.text ?? "",
            columns: json["select"]?.elements?.compactMap(\.text)
        )
    }

    /// What was asked, with the number that its changes will name.
    func echo(id: Int) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "{")]
        for member in members {
            JSONString.append(member.name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            bytes += member.value.bytes
            bytes.append(UInt8(ascii: ","))
        }
        return bytes + Array(#""id":\#(id)}"#.utf8)
    }
}
