import Foundation

/// The head of a message or of a part of one (RFC 5322, RFC 2047).
struct MailHeader {
    /// In order, by lower-case name, unfolded; as written.
    private var fields: [(name: String, value: String)] = []

    init(_ bytes: Data) {
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: true) {
            let text = MailText.decoded(line.last == 0x0D ? line.dropLast() : line, charset: nil)
            if text.first == " " || text.first == "\t" {
                guard !fields.isEmpty, fields[fields.count - 1].value.utf8.count < 100_000 else { continue }
                fields[fields.count - 1].value += " " + text.trimmingCharacters(in: .whitespaces)
            } else if let colon = text.firstIndex(of: ":") {
                fields.append(
                    (
                        text[..<colon].lowercased(),
                        text[text.index(after: colon)...].trimmingCharacters(in: .whitespaces)
                    )
                )
            }
        }
    }

    func raw(_ name: String) -> String? { fields.first { $0.name == name }?.value }

    /// With its encoded words decoded.
    func text(_ name: String) -> String? { raw(name).map(EncodedWords.decoded) }

    /// `text/plain` of `Content-Type: text/plain; charset=utf-8`, in lower case.
    func value(_ name: String) -> String? {
        raw(name)?.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
    }

    /// `utf-8` of `Content-Type: text/plain; charset="utf-8"`; also of RFC 2231's `name*=utf-8''…`.
    func parameter(_ parameter: String, of name: String) -> String? {
        guard let value = raw(name) else { return nil }
        for part in Self.parts(of: value).dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard pair.count == 2 else { continue }
            let key = pair[0].lowercased()
            let text = pair[1].trimmingCharacters(in: ["\""])
            if key == parameter { return EncodedWords.decoded(text) }
            if key == parameter + "*", let start = text.range(of: "''") {
                return text[start.upperBound...].removingPercentEncoding
            }
        }
        return nil
    }

    /// Semicolons within quotes do not part.
    private static func parts(of value: String) -> [Substring] {
        var isQuoted = false
        return value.split { character in
            if character == "\"" { isQuoted.toggle() }
            return character == ";" && !isQuoted
        }
    }
}

/// `=?utf-8?Q?Gr=C3=BC=C3=9Fe?=` as text (RFC 2047).
enum EncodedWords {
    static func decoded(_ text: String) -> String {
        guard text.contains("=?") else { return text }
        // Blanks between encoded words are not part of the text.
        let joined = text.replacing(/\?=[ \t]+=\?/) { _ in "?==?" }
        return joined.replacing(/=\?([^?\s]{1,40})\?([bBqQ])\?([^?\s]*)\?=/) { match in
            let bytes =
                match.2.lowercased() == "b"
                ? MailText.base64(Data(match.3.utf8))
                : MailText.quotedPrintable(Data(match.3.replacing("_", with: " ").utf8))
            return MailText.decoded(bytes, charset: String(match.1))
        }
    }
}
