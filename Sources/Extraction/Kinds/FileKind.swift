package import Foundation

/// What a file is, by its first bytes; its name and declared type only tell kinds of text apart.
package enum FileKind: Equatable {
    case text
    case html
    case mail
    case notebook
    case rtf
    /// A zip file: of Word, Excel, PowerPoint, OpenDocument, or none of them.
    case office
    case pdf
    case picture
    case unreadable(reason: String)

    /// Bytes that decide.
    static let headLength = 4096

    package init(head: Data, name: String, contentType: String) {
        self = Self.bySignature(head) ?? Self.ofText(head, name, contentType)
    }

    private static func bySignature(_ head: Data) -> FileKind? {
        func begins(_ signature: String, at offset: Int = 0) -> Bool {
            head.dropFirst(offset).starts(with: signature.unicodeScalars.map { UInt8($0.value) })
        }
        if begins("%PDF-") || head.prefix(1024).range(of: Data("%PDF-".utf8)) != nil { return .pdf }
        if begins("PK\u{3}\u{4}") || begins("PK\u{5}\u{6}") { return .office }
        if begins("{\\rtf") { return .rtf }
        let pictures = ["\u{89}PNG\r\n", "\u{FF}\u{D8}\u{FF}", "II*\0", "MM\0*", "GIF87a", "GIF89a", "BM"]
        if pictures.contains(where: { begins($0) && ($0 != "BM" || head.contains(0)) }) { return .picture }
        if begins("RIFF"), begins("WEBP", at: 8) { return .picture }
        if begins("\u{D0}\u{CF}\u{11}\u{E0}\u{A1}\u{B1}\u{1A}\u{E1}") {
            return .unreadable(
                reason: "It is protected by a password, or of Office before 2007 (.doc, .xls, .ppt, .msg)."
                    + " Save it without a password as .docx, .xlsx, .pptx or .pdf."
            )
        }
        return nil
    }

    private static func ofText(_ head: Data, _ name: String, _ contentType: String) -> FileKind {
        guard PlainText.canBeText(head) else {
            return .unreadable(
                reason: "Nothing in it can be read as text: no document, no picture of one, no plain text."
            )
        }
        let type = contentType.lowercased().prefix { $0 != ";" }
        let ending = (name as NSString).pathExtension.lowercased()
        switch ending {
        case "html", "htm", "xhtml": return .html
        case "eml": return .mail
        case "ipynb": return .notebook
        default: break
        }
        switch type {
        case "text/html", "application/xhtml+xml": return .html
        case "message/rfc822": return .mail
        case "application/x-ipynb+json": return .notebook
        default: return .text
        }
    }
}
