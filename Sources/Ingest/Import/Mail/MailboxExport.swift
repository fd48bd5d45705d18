import Crypto
public import Domain
public import Foundation

/// Reads an mbox file and writes it as the lines of an import: a conversation of its owner's alone, with a message for
/// each mail and a file for what hangs on it. Ids follow from the mails', so that a mailbox can be imported again.
public struct MailboxExport {
    public struct Report: Sendable {
        public fileprivate(set) var mails = 0
        /// What was left out, and how often.
        public fileprivate(set) var skipped: [String: Int] = [:]
        /// Bytes of the file that were read.
        public fileprivate(set) var position = 0

        fileprivate mutating func skip(_ reason: String) { skipped[reason, default: 0] += 1 }
    }

    /// Characters that a message holds; the whole of a longer mail becomes a file.
    private static let longestMessage = 2000
    private static let largestAttachment = 32 << 20

    private let path: String
    private let owner: UserID
    /// Members of the lab by lower-case e-mail address.
    private let members: [String: UUID]

    public init(path: String, owner: UserID, members: [String: UUID]) {
        self.path = path
        self.owner = owner
        self.members = members
    }

    /// - Parameters:
    ///   - folder: attachments are put here, as the lines name them.
    ///   - write: takes one line at a time.
    public func convert(
        into folder: String,
        _ write: (Data) throws -> Void,
        progress: (Report) -> Void = { _ in }
    ) throws -> Report {
        var reader = try MboxReader(path: path)
        var report = Report()
        let name = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
        let box = "mbox:\(owner):\(name)"
        let conversation = NamedIdentifier.uuid(box)
        func emit(_ line: [String: Any]) throws {
            try write(JSONSerialization.data(withJSONObject: line, options: [.sortedKeys]) + Data("\n".utf8))
        }
        try emit([
            "type": "conversation", "id": conversation.text, "name": name, "is_group": true, "member_ids": ["\(owner)"],
        ])
        // Of answers only: the mail that one answers must be there.
        var known: Set<UUID> = []
        while let bytes = try reader.next() {
            let mail = MailMessage(bytes)
            report.position = reader.position
            guard let content = Self.content(of: mail) else {
                report.skip("mail without any text")
                continue
            }
            guard let date = mail.date else {
                report.skip("mail without a date")
                continue
            }
            let id = NamedIdentifier.uuid("\(box):\(mail.id ?? Self.digest(bytes))")
            guard known.insert(id).inserted else {
                report.skip("mail that is there twice")
                continue
            }
            let sender = mail.sender.flatMap { members[$0] }.map { UserID($0) } ?? owner
            var line: [String: Any] = [
                "type": "message", "id": id.text, "conversation_id": conversation.text, "sender_id": "\(sender)",
                "content": String(content.prefix(Self.longestMessage)), "created_at": Self.time(date),
            ]
            if let answered = mail.answers.map({ NamedIdentifier.uuid("\(box):\($0)") }), known.contains(answered) {
                line["reply_to"] = answered.text
            }
            try emit(line)
            report.mails += 1
            for (number, file) in Self.files(mail, content).enumerated() {
                guard file.bytes.count <= Self.largestAttachment else {
                    report.skip("attachment of more than \(Self.largestAttachment >> 20) MB")
                    continue
                }
                let fileID = NamedIdentifier.uuid("\(id.text):\(number)")
                try file.bytes.write(to: URL(fileURLWithPath: "\(folder)/\(fileID.text)"))
                try emit([
                    "type": "file", "id": fileID.text, "name": file.name, "content_type": file.contentType,
                    "owner_id": "\(owner)", "conversation_id": conversation.text, "message_id": id.text,
                    "path": fileID.text, "created_at": Self.time(date),
                ])
            }
            if report.mails.isMultiple(of: 100) { progress(report) }
        }
        if reader.skippedForSize > 0 {
            report.skipped["mail of more than \(MboxReader.largestMessage >> 20) MB"] = reader.skippedForSize
        }
        report.position = reader.position
        progress(report)
        return report
    }

    private static func content(of mail: MailMessage) -> String? {
        let head = ["subject", "from", "to", "cc"].compactMap { name in
            mail.header.text(name).map { "\(name.capitalized): \($0.prefix(500))" }
        }
        let text = mail.text
        guard !text.isEmpty || mail.header.text("subject")?.isEmpty == false else { return nil }
        return (head + ["", text]).joined(separator: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// What hangs on the mail, and the mail itself where a message does not hold all of it.
    private static func files(_ mail: MailMessage, _ content: String) -> [MailMessage.Attachment] {
        var files = mail.attachments
        if content.count > longestMessage {
            let subject = mail.header.text("subject") ?? "mail"
            files.insert(.init(name: "\(subject).txt", contentType: "text/plain", bytes: Data(content.utf8)), at: 0)
        }
        return files.map { .init(name: safe($0.name), contentType: type($0.contentType), bytes: $0.bytes) }
    }

    /// As files may be called: no path, nothing that cannot be seen.
    private static func safe(_ name: String) -> String {
        let clean = name.unicodeScalars.map { scalar in
            "/\\".unicodeScalars.contains(scalar) || scalar.properties.generalCategory == .control
                ? "_" : Character(scalar)
        }
        let text = String(clean).trimmingCharacters(in: .whitespaces)
        var short = text.isEmpty || text == "." || text == ".." ? "attachment" : text
        while short.utf8.count > 200 { short.removeFirst() }
        return short
    }

    private static func type(_ type: String) -> String {
        type.wholeMatch(of: /[a-z0-9!#$&^_.+\-]{1,100}\/[a-z0-9!#$&^_.+\-]{1,100}/) == nil
            ? "application/octet-stream" : type
    }

    private static func digest(_ bytes: Data) -> String {
        SHA256.hash(data: bytes).map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined()
    }

    private static func time(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}

extension UUID {
    fileprivate var text: String { uuidString.lowercased() }
}
