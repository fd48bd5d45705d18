import Foundation

/// Bytes of mail as text: transfer encodings, character sets, and HTML without its markup.
enum MailText {
    static func decoded(_ bytes: Data, charset: String?) -> String {
        if let encoding = charset.flatMap({ encodings[$0.lowercased()] }),
            let text = String(data: bytes, encoding: encoding)
        {
            return clean(text)
        }
        if let text = String(data: bytes, encoding: .utf8) { return clean(text) }
        return clean(String(data: bytes, encoding: .windowsCP1252) ?? String(decoding: bytes, as: UTF8.self))
    }

    private static let encodings: [String: String.Encoding] = [
        "us-ascii": .ascii, "iso-8859-1": .isoLatin1, "iso-8859-2": .isoLatin2, "windows-1250": .windowsCP1250,
        "windows-1251": .windowsCP1251, "windows-1252": .windowsCP1252, "windows-1253": .windowsCP1253,
        "windows-1254": .windowsCP1254, "utf-16": .utf16, "shift_jis": .shiftJIS, "iso-2022-jp": .iso2022JP,
        "euc-jp": .japaneseEUC,
    ]

    /// One kind of line end, and nothing that PostgreSQL does not keep.
    private static func clean(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0 || $0 == 0x0D }) else { return text }
        return text.replacing("\r\n", with: "\n").replacing("\r", with: "\n").replacing("\0", with: "")
    }

    static func base64(_ bytes: Data) -> Data {
        let digits = bytes.filter { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
        // What was cut off within a group of four ends before it.
        let whole = digits.prefix(digits.count % 4 == 1 ? digits.count - 1 : digits.count)
        let padding = Data(repeating: UInt8(ascii: "="), count: (4 - whole.count % 4) % 4)
        return Data(base64Encoded: whole + padding) ?? Data()
    }

    static func quotedPrintable(_ bytes: Data) -> Data {
        var result = Data()
        result.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            guard byte == UInt8(ascii: "="), index + 1 < bytes.endIndex else {
                if byte != UInt8(ascii: "=") { result.append(byte) }
                index += 1
                continue
            }
            let next = bytes[index + 1]
            if next == 0x0A || next == 0x0D {
                // The line goes on.
                index += next == 0x0D && index + 2 < bytes.endIndex && bytes[index + 2] == 0x0A ? 3 : 2
            } else if index + 2 < bytes.endIndex, let value = hex(next, bytes[index + 2]) {
                result.append(value)
                index += 3
            } else {
                result.append(byte)
                index += 1
            }
        }
        return result
    }

    private static func hex(_ high: UInt8, _ low: UInt8) -> UInt8? {
        UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
    }

    private static let entities = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "ndash": "–", "mdash": "—",
        "auml": "ä", "ouml": "ö", "uuml": "ü", "Auml": "Ä", "Ouml": "Ö", "Uuml": "Ü", "szlig": "ß", "eacute": "é",
        "egrave": "è", "agrave": "à", "micro": "µ", "deg": "°", "hellip": "…", "rsquo": "’", "lsquo": "‘",
        "ldquo": "“", "rdquo": "”", "euro": "€",
    ]

    static func withoutMarkup(_ html: String) -> String {
        html.replacing(/(?is)<(script|style|head)\b.*?<\/\1\s*>/, with: " ")
            .replacing(/(?i)<(br|\/p|\/div|\/tr|\/li|\/h[1-6])\b[^>]{0,1000}>/, with: "\n")
            .replacing(/(?s)<!--.*?-->/, with: "")
            .replacing(/<[a-zA-Z\/!][^>]{0,10000}>/, with: "")
            .replacing(/&(#?\w{1,8});/) { match in
                let name = String(match.1)
                if name.hasPrefix("#x"), let code = UInt32(name.dropFirst(2), radix: 16) { return character(code) }
                if name.hasPrefix("#"), let code = UInt32(name.dropFirst()) { return character(code) }
                return entities[name] ?? String(match.0)
            }
            .replacing(/[ \t]+/, with: " ")
            .replacing(/\s*\n\s*\n\s*/, with: "\n\n")
    }

    private static func character(_ code: UInt32) -> String {
        code == 0 ? "" : Unicode.Scalar(code).map { String($0) } ?? ""
    }
}
