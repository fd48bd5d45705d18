import Domain
import Foundation
import Glibc
import Hummingbird
import NIOCore
import NIOFoundationCompat

/// Reads `multipart/form-data` (RFC 7578) as it streams in and holds no more than a piece of it.
final class MultipartReader {
    struct Part {
        let name: String
        let isFile: Bool
        let fileName: String?
        let contentType: String?
    }

    /// Bytes of one part's headers.
    private static let longestHeader = 16 << 10

    private var source: RequestBody.AsyncIterator
    /// What has come and was not given out; begins as if a line had ended, as every delimiter does.
    private var buffer = ByteBuffer(string: "\r\n")
    private let delimiter: [UInt8]
    private var isInPart = true

    /// Nil when the content type names no boundary.
    init?(_ body: RequestBody, contentType: String) {
        guard MediaTypeParameter.type(contentType) == "multipart/form-data",
            let boundary = MediaTypeParameter.value("boundary", of: contentType), (1...70).contains(boundary.utf8.count)
        else { return nil }
        source = body.makeAsyncIterator()
        delimiter = Array("\r\n--\(boundary)".utf8)
    }

    /// The next part; what is left of this one is passed over. Nil after the last.
    func nextPart() async throws -> Part? {
        while try await nextBytes() != nil {}
        try await fill(2)
        guard let end = buffer.readString(length: 2) else { throw Self.broken }
        if end == "--" { return nil }
        guard end == "\r\n" else { throw Self.broken }
        isInPart = true
        return try await header()
    }

    /// A piece of the current part; nil at its end.
    func nextBytes() async throws -> Data? {
        guard isInPart else { return nil }
        while true {
            if let place = buffer.firstIndex(of: delimiter) {
                guard place == 0 else { return data(place) }
                buffer.moveReaderIndex(forwardBy: delimiter.count)
                isInPart = false
                return nil
            }
            // The last bytes may be the beginning of a delimiter.
            let sure = buffer.readableBytes - (delimiter.count - 1)
            if sure > 0 { return data(sure) }
            guard try await more() else { throw Self.broken }
        }
    }

    /// A part that is text.
    func text(limit: Int) async throws -> String {
        var bytes = Data()
        while let piece = try await nextBytes() {
            bytes += piece
            guard bytes.count <= limit else { throw PublicError(.tooLarge, "A field of the form is too long.") }
        }
        guard let text = String(data: bytes, encoding: .utf8) else { throw Self.broken }
        return text
    }

    private func header() async throws -> Part {
        let end = Array("\r\n\r\n".utf8)
        while buffer.firstIndex(of: end) == nil {
            guard buffer.readableBytes < Self.longestHeader, try await more() else { throw Self.broken }
        }
        let length = buffer.firstIndex(of: end) ?? 0
        let text = buffer.readString(length: length) ?? ""
        buffer.moveReaderIndex(forwardBy: end.count)
        var (disposition, contentType) = ("", String?.none)
        for line in text.components(separatedBy: "\r\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            switch line[..<colon].lowercased() {
            case "content-disposition": disposition = value
            case "content-type": contentType = value
            default: break
            }
        }
        return Part(
            name: MediaTypeParameter.value("name", of: disposition) ?? "",
            isFile: disposition.lowercased().contains("filename"),
            fileName: MediaTypeParameter.value("filename", of: disposition)
                .map { $0.replacing("%22", with: "\"") },
            contentType: contentType
        )
    }

    private func data(_ count: Int) -> Data? {
        buffer.readData(length: count)
    }

    private func fill(_ count: Int) async throws {
        while buffer.readableBytes < count {
            guard try await more() else { throw Self.broken }
        }
    }

    private func more() async throws -> Bool {
        guard var piece = try await source.next() else { return false }
        if buffer.readableBytes == 0 {
            buffer = piece
        } else {
            buffer.discardReadBytes()
            buffer.writeBuffer(&piece)
        }
        return true
    }

    private static let broken = PublicError(.invalid, "The form is not whole, or not multipart/form-data.")
}

/// Parameters of a header such as `form-data; name="file"`.
enum MediaTypeParameter {
    static func type(_ header: String) -> String {
        (header.split(separator: ";").first ?? "").trimmingCharacters(in: .whitespaces).lowercased()
    }

    static func value(_ name: String, of header: String) -> String? {
        for part in parts(of: header).dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, pair[0].trimmingCharacters(in: .whitespaces).lowercased() == name else { continue }
            return unquoted(pair[1].trimmingCharacters(in: .whitespaces))
        }
        return nil
    }

    /// At each semicolon outside of quotes.
    private static func parts(of header: String) -> [String] {
        var (parts, isQuoted, isEscaped) = ([""], false, false)
        for letter in header {
            if letter == ";", !isQuoted {
                parts.append("")
                continue
            }
            if letter == "\"", !isEscaped { isQuoted.toggle() }
            isEscaped = letter == "\\" && isQuoted && !isEscaped
            parts[parts.count - 1].append(letter)
        }
        return parts
    }

    private static func unquoted(_ text: String) -> String {
        guard text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
        return String(text.dropFirst().dropLast()).replacing("\\\"", with: "\"").replacing("\\\\", with: "\\")
    }
}

extension ByteBuffer {
    /// Where some bytes begin, counted from the first readable one.
    fileprivate func firstIndex(of bytes: [UInt8]) -> Int? {
        withUnsafeReadableBytes { whole in
            bytes.withUnsafeBytes { part in
                guard let start = whole.baseAddress, let sought = part.baseAddress else { return nil }
                var place = 0
                // From one first byte to the next; the delimiter begins with one that is rare.
                while place + part.count <= whole.count,
                    let found = memchr(start + place, Int32(part[0]), whole.count - place - part.count + 1)
                {
                    place = UnsafeRawPointer(found) - start
                    if memcmp(start + place, sought, part.count) == 0 { return place }
                    place += 1
                }
                return nil
            }
        }
    }
}
