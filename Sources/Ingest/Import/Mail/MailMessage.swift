import Foundation

/// One e-mail: who wrote what and when, and what hangs on it.
struct MailMessage {
    struct Attachment {
        let name: String
        let contentType: String
        let bytes: Data
    }

    private static let mostParts = 200
    private static let deepest = 10

    let header: MailHeader
    /// Of the plain part, or of the HTML one without its markup.
    let text: String
    let attachments: [Attachment]

    init(_ bytes: Data) {
        let (header, body) = Self.split(bytes)
        var parts = Parts()
        Self.collect(header, body, depth: 0, into: &parts)
        self.header = header
        text = (parts.plain ?? parts.html.map(MailText.withoutMarkup) ?? "").trimmingCharacters(
            in: .whitespacesAndNewlines
        )
        attachments = parts.attachments
    }

    /// The address alone, in lower case.
    var sender: String? {
        guard let from = header.raw("from") else { return nil }
        let address =
            from.firstMatch(of: /<([^<>\s]+@[^<>\s]+)>/)?.1 ?? from.firstMatch(of: /[^\s<>,;"]+@[^\s<>,;"]+/)?.0
        return address?.lowercased()
    }

    var date: Date? {
        header.raw("date").flatMap(MailDate.date)
    }

    /// The message that this one answers: the last that it names.
    var answers: String? {
        (header.raw("in-reply-to") ?? header.raw("references"))?.matches(of: /<[^<>\s]+>/).last.map { String($0.0) }
    }

    var id: String? { header.raw("message-id")?.firstMatch(of: /<[^<>\s]+>/).map { String($0.0) } }

    // MARK: Parts

    private struct Parts {
        var plain: String?
        var html: String?
        var attachments: [Attachment] = []
        var count = 0
    }

    private static func split(_ bytes: Data) -> (MailHeader, Data) {
        for separator in [Data("\n\n".utf8), Data("\r\n\r\n".utf8)] {
            if let range = bytes.range(of: separator) {
                // Whichever comes first.
                let other = bytes.range(of: Data("\r\n\r\n".utf8))
                let end = other.map { $0.lowerBound < range.lowerBound ? $0 : range } ?? range
                return (MailHeader(bytes[..<end.lowerBound]), Data(bytes[end.upperBound...]))
            }
        }
        return (MailHeader(bytes), Data())
    }

    private static func collect(_ header: MailHeader, _ body: Data, depth: Int, into parts: inout Parts) {
        parts.count += 1
        guard parts.count <= mostParts, depth <= deepest else { return }
        let type = header.value("content-type") ?? "text/plain"
        if type.hasPrefix("multipart/"), let boundary = header.parameter("boundary", of: "content-type"),
            !boundary.isEmpty
        {
            for part in self.parts(of: body, boundary) {
                let (header, body) = split(part)
                collect(header, body, depth: depth + 1, into: &parts)
            }
            return
        }
        let name =
            header.parameter("filename", of: "content-disposition") ?? header.parameter("name", of: "content-type")
        let isAttached = header.value("content-disposition") == "attachment" || name != nil
        let bytes = content(of: header, body)
        if !isAttached, type == "text/plain" || type == "text/html" {
            let text = MailText.decoded(bytes, charset: header.parameter("charset", of: "content-type"))
            if type == "text/plain" {
                parts.plain = [parts.plain, text].compactMap { $0 }.joined(separator: "\n")
            } else {
                parts.html = parts.html ?? text
            }
        } else if !bytes.isEmpty {
            let fallback = type == "message/rfc822" ? "message.eml" : "attachment"
            parts.attachments.append(Attachment(name: name ?? fallback, contentType: type, bytes: bytes))
        }
    }

    private static func content(of header: MailHeader, _ body: Data) -> Data {
        switch header.value("content-transfer-encoding") {
        case "base64": MailText.base64(body)
        case "quoted-printable": MailText.quotedPrintable(body)
        default: body
        }
    }

    private static func parts(of body: Data, _ boundary: String) -> [Data] {
        let mark = Data("--\(boundary)".utf8)
        var parts: [Data] = []
        var start: Data.Index?
        var search = body.startIndex
        while let found = body.range(of: mark, in: search..<body.endIndex) {
            search = found.upperBound
            // Only at the beginning of a line.
            guard found.lowerBound == body.startIndex || body[found.lowerBound - 1] == 0x0A else { continue }
            if let start { parts.append(Data(body[start..<max(start, found.lowerBound - 1)])) }
            let end = body[found.upperBound...].firstIndex(of: 0x0A)
            let isLast = body[found.upperBound...].starts(with: Data("--".utf8))
            start = isLast ? nil : end.map { $0 + 1 }
            guard start != nil, parts.count < mostParts else { return parts }
        }
        // A message that was cut off ends in the middle of a part.
        if let start, start < body.endIndex { parts.append(Data(body[start...])) }
        return parts
    }
}

/// `Mon, 2 Mar 2026 09:05:00 +0100 (CET)` (RFC 5322).
enum MailDate {
    private static let months = [
        "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11,
        "dec": 12,
    ]

    static func date(_ text: String) -> Date? {
        guard
            let match = text.firstMatch(
                of: /(\d{1,2})\s+([A-Za-z]{3})[a-z]*\s+(\d{2,4})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([+-]\d{4})?/
            ), let month = months[match.2.lowercased()], var year = Int(match.3)
        else { return nil }
        if year < 100 { year += year < 50 ? 2000 : 1900 }
        var parts = DateComponents()
        (parts.year, parts.month, parts.day) = (year, month, Int(match.1))
        (parts.hour, parts.minute, parts.second) = (Int(match.4), Int(match.5), match.6.flatMap { Int($0) } ?? 0)
        let offset = match.7.flatMap { Int($0) } ?? 0
        parts.timeZone = TimeZone(secondsFromGMT: (offset / 100 * 60 + offset % 100) * 60)
        return Calendar(identifier: .gregorian).date(from: parts)
    }
}
