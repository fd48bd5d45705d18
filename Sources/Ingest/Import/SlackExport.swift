public import Foundation

/// Reads an unpacked Slack export and writes it as the lines of an import: people, channels, groups, direct messages,
/// threads. Ids follow from Slack's, so that an export can be imported again, or a later one on top of it.
public final class SlackExport {
    public struct Report: Sendable {
        public private(set) var lines = 0
        /// What was left out, and how often.
        public private(set) var skipped: [String: Int] = [:]

        fileprivate mutating func skip(_ reason: String) { skipped[reason, default: 0] += 1 }
        fileprivate mutating func add() { lines += 1 }
    }

    private let folder: URL
    /// Members of the lab by lower-case e-mail address: they keep their ids.
    private let known: [String: UUID]
    private var people: [String: (id: UUID, name: String)] = [:]
    private var report = Report()

    public init(folder: String, known: [String: UUID]) {
        self.folder = URL(fileURLWithPath: folder, isDirectory: true)
        self.known = known
    }

    /// - Parameter write: takes one line at a time, so that memory is independent of the export's size.
    public func convert(_ write: (Data) throws -> Void) throws -> Report {
        func emit(_ line: [String: Any]) throws {
            try write(JSONSerialization.data(withJSONObject: line, options: [.sortedKeys]) + Data("\n".utf8))
            report.add()
        }
        for user in try list("users.json") {
            if let line = person(user) { try emit(line) }
        }
        for (file, isGroup) in [
            ("channels.json", true), ("groups.json", true), ("mpims.json", true), ("dms.json", false),
        ]
        where FileManager.default.fileExists(atPath: folder.appendingPathComponent(file).path) {
            for channel in try list(file) {
                guard let slackID = channel["id"] as? String else { continue }
                let name = channel["name"] as? String
                let members = (channel["members"] as? [String] ?? []).compactMap { people[$0]?.id.text }
                guard !members.isEmpty else {
                    report.skip("conversation without known members")
                    continue
                }
                let id = NamedIdentifier.uuid("slack:channel:\(slackID)")
                var line: [String: Any] = [
                    "type": "conversation", "id": id.text, "is_group": isGroup, "member_ids": members,
                ]
                if isGroup, let name { line["name"] = name }
                if let created = channel["created"] as? Int { line["created_at"] = Self.time(Double(created)) }
                try emit(line)
                try messages(of: slackID, in: isGroup ? name ?? slackID : slackID, conversation: id, emit)
            }
        }
        return report
    }

    // MARK: People

    private func person(_ user: [String: Any]) -> [String: Any]? {
        guard let slackID = user["id"] as? String else { return nil }
        let profile = user["profile"] as? [String: Any] ?? [:]
        let names = [profile["real_name"], user["real_name"], profile["display_name"], user["name"]]
        let name = names.compactMap { $0 as? String }.first { !$0.isEmpty } ?? slackID
        let email = (profile["email"] as? String)?.lowercased()
        if let email, let id = known[email] {
            people[slackID] = (id, name)
            return nil
        }
        let id = NamedIdentifier.uuid("slack:user:\(slackID)")
        people[slackID] = (id, name)
        // Slack keeps some addresses to itself; `.invalid` can belong to nobody.
        var line: [String: Any] = [
            "type": "user", "id": id.text, "full_name": name, "email": email ?? "\(slackID.lowercased())@slack.invalid",
            "roles": ["staff"],
        ]
        if user["is_bot"] as? Bool == true || user["deleted"] as? Bool == true { line["roles"] = [String]() }
        return line
    }

    // MARK: Messages

    private func messages(
        of channel: String,
        in name: String,
        conversation: UUID,
        _ emit: ([String: Any]) throws -> Void
    ) throws {
        let days = folder.appendingPathComponent(name, isDirectory: true)
        guard let files = try? FileManager.default.contentsOfDirectory(atPath: days.path) else {
            report.skip("conversation without messages")
            return
        }
        // Of threads only: a reply needs its beginning.
        var beginnings: Set<String> = []
        for file in files.sorted() where file.hasSuffix(".json") {
            for message in try list("\(name)/\(file)") {
                if let kind = message["subtype"] as? String, !Self.spoken.contains(kind) {
                    report.skip("message of kind \(kind)")
                    continue
                }
                guard let sender = try sender(of: message, emit),
                    var line = line(message, sender, channel, conversation)
                else { continue }
                if let thread = message["thread_ts"] as? String {
                    if thread == message["ts"] as? String {
                        beginnings.insert(thread)
                    } else if beginnings.contains(thread) {
                        line["reply_to"] = NamedIdentifier.uuid("slack:message:\(channel):\(thread)").text
                    } else {
                        report.skip("link from a reply to its thread's beginning, which is not in the export")
                    }
                }
                try emit(line)
            }
        }
    }

    /// Who wrote a message; whoever is not among the export's people is added as somebody who cannot sign in.
    private func sender(of message: [String: Any], _ emit: ([String: Any]) throws -> Void) throws -> UUID? {
        if let user = message["user"] as? String, let known = people[user] { return known.id }
        let profile = message["user_profile"] as? [String: Any]
        let bot = message["bot_profile"] as? [String: Any]
        let names = [profile?["real_name"], profile?["name"], message["username"], bot?["name"]]
        guard let name = names.compactMap({ $0 as? String }).first(where: { !$0.isEmpty }),
            let slackID = message["user"] as? String ?? message["bot_id"] as? String ?? message["username"] as? String
        else {
            report.skip("message without a known sender")
            return nil
        }
        if let known = people[slackID] { return known.id }
        let id = NamedIdentifier.uuid("slack:user:\(slackID)")
        people[slackID] = (id, name)
        try emit([
            "type": "user", "id": id.text, "full_name": name, "email": "\(id.text)@slack.invalid", "roles": [String](),
        ])
        return id
    }

    private static let spoken: Set<String> = [
        "thread_broadcast", "me_message", "file_share", "bot_message", "file_comment", "reply_broadcast",
    ]

    private func line(
        _ message: [String: Any],
        _ sender: UUID,
        _ channel: String,
        _ conversation: UUID
    ) -> [String: Any]? {
        guard let stamp = message["ts"] as? String, let seconds = Double(stamp) else {
            report.skip("message without a time")
            return nil
        }
        let text = text(of: message)
        guard !text.isEmpty else {
            report.skip("message without text")
            return nil
        }
        var line: [String: Any] = [
            "type": "message", "id": NamedIdentifier.uuid("slack:message:\(channel):\(stamp)").text,
            "conversation_id": conversation.text, "sender_id": sender.text, "content": text,
            "created_at": Self.time(seconds),
        ]
        let edited = message["edited"] as? [String: Any]
        if let time = (edited?["ts"] as? String).flatMap(Double.init) { line["edited_at"] = Self.time(time) }
        return line
    }

    /// What was written, what apps have put below it, and the names of the files that hang on it.
    private func text(of message: [String: Any]) -> String {
        let name: (String) -> String? = { self.people[$0]?.name }
        let said = SlackText.plain(message["text"] as? String ?? "", name: name)
        let cards = (message["attachments"] as? [[String: Any]] ?? []).map { card in
            let parts = [card["pretext"], card["title"], card["text"]].compactMap { $0 as? String }.filter {
                !$0.isEmpty
            }
            return SlackText.plain(
                parts.isEmpty ? card["fallback"] as? String ?? "" : parts.joined(separator: "\n"),
                name: name
            )
        }
        let files = (message["files"] as? [[String: Any]] ?? []).compactMap { file -> String? in
            guard let name = file["name"] as? String ?? file["title"] as? String else {
                report.skip("file that Slack did not export")
                return nil
            }
            report.skip("file's content: an export has its name only")
            return "[file: \(name)]"
        }
        return ([said] + cards + files).filter { !$0.isEmpty }.joined(separator: "\n").replacing("\0", with: "")
    }

    private func list(_ name: String) throws -> [[String: Any]] {
        let data = try Data(contentsOf: folder.appendingPathComponent(name))
        guard let list = try JSONSerialization.jsonObject(with: data) as? [[String: Any]] else {
            throw CocoaError(.fileReadCorruptFile, userInfo: [NSFilePathErrorKey: name])
        }
        return list
    }

    private static func time(_ seconds: Double) -> String {
        Date(timeIntervalSince1970: seconds).formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}

/// Slack's markup as plain text.
enum SlackText {
    static func plain(_ text: String, name: (String) -> String?) -> String {
        let named = text.replacing(/<([^<>]*)>/) { match in
            let parts = match.1.split(separator: "|", maxSplits: 1).map(String.init)
            guard let target = parts.first else { return "" }
            let label = parts.count > 1 ? parts[1] : nil
            switch target.first {
            case "@": return "@\(label ?? name(String(target.dropFirst())) ?? "somebody")"
            case "#": return "#\(label ?? String(target.dropFirst()))"
            case "!": return "@\(label ?? String(target.dropFirst()))"
            default: return label.map { $0 == target ? target : "\($0) (\(target))" } ?? target
            }
        }
        return named.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
    }
}

extension UUID {
    fileprivate var text: String { uuidString.lowercased() }
}
