package import Foundation
package import Ingest

/// Reads files that are text already, in whatever encoding they were written.
package enum PlainText {
    /// Bytes that are read; more is never searched.
    package static let longest = 4 << 20

    /// Whether there is nothing in the first bytes of a file that no text has.
    static func canBeText(_ head: Data) -> Bool {
        if isUTF16(head) { return true }
        return !head.contains { $0 < 0x20 && ![0x09, 0x0A, 0x0C, 0x0D, 0x1B].contains($0) }
    }

    /// - Parameter bytes: one more than `longest` when there are more.
    package static func text(of bytes: Data) throws(UnindexableFile) -> ExtractedText {
        let isCut = bytes.count > longest
        let text = try decoded(isCut ? bytes.prefix(longest) : bytes)
        guard text.contains(where: { !$0.isWhitespace }) else { throw UnindexableFile(reason: "It holds no text.") }
        return ExtractedText(
            [TextSection(text, unit: "line")],
            note: isCut ? "It is longer than what is searched: only its first \(longest >> 20) MB are." : nil
        )
    }

    private static func decoded(_ bytes: Data) throws(UnindexableFile) -> String {
        if isUTF16(bytes), let text = String(data: bytes.prefix(bytes.count & ~1), encoding: .utf16) {
            return text.withoutControls
        }
        guard canBeText(bytes) else {
            throw UnindexableFile(reason: "It begins as text, but holds bytes that no text has.")
        }
        // The end may be cut within a character.
        for cut in 0..<4 where cut < bytes.count {
            guard beginsCharacter(bytes.suffix(cut)) else { continue }
            if let text = String(data: bytes.dropLast(cut), encoding: .utf8) { return text.withoutControls }
        }
        // What instruments and older programs write: µ and ° in one byte. It has a character for every byte but five.
        return String(bytes.map { windows1252($0) }).withoutControls
    }

    /// Whether these bytes are the first of a UTF-8 character of several; none are.
    private static func beginsCharacter(_ bytes: Data) -> Bool {
        guard let first = bytes.first else { return true }
        return first >= 0xC2 && bytes.dropFirst().allSatisfy { (0x80..<0xC0).contains($0) }
    }

    private static func isUTF16(_ bytes: Data) -> Bool {
        bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
    }

    private static func windows1252(_ byte: UInt8) -> Character {
        guard (0x80..<0xA0).contains(byte) else { return Character(Unicode.Scalar(byte)) }
        return Array("€\u{FFFD}‚ƒ„…†‡ˆ‰Š‹Œ\u{FFFD}Ž\u{FFFD}\u{FFFD}‘’“”•–—˜™š›œ\u{FFFD}žŸ")[Int(byte) - 0x80]
    }
}

extension String {
    /// What PostgreSQL does not keep and nobody reads.
    var withoutControls: String {
        guard utf8.contains(where: { $0 < 0x20 && $0 != 0x0A && $0 != 0x09 }) else { return self }
        let line = Unicode.Scalar(0x0A as UInt8)
        var scalars = String.UnicodeScalarView()
        var last: Unicode.Scalar?
        for scalar in unicodeScalars {
            defer { last = scalar }
            switch scalar.value {
            case 0x0A where last?.value == 0x0D: continue
            case 0x0D: scalars.append(line)
            case 0x09, 0x0A, 0x20...: scalars.append(scalar)
            default: scalars.append(" ")
            }
        }
        return String(scalars)
    }
}
