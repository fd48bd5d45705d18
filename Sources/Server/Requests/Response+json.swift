import Assistant
import Crypto
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    static func json(_ data: Data, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: privateJSON, body: .init(byteBuffer: ByteBuffer(bytes: data)))
    }

    static func json(_ row: JSONText, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: privateJSON, body: .init(byteBuffer: ByteBuffer(string: row.text)))
    }

    /// A body that the client may have already: with an `ETag`, and 304 when it does.
    static func json(_ row: JSONText, for request: Request) -> Response {
        let tag = entityTag(row.text)
        var headers = privateJSON
        headers[.eTag] = tag
        headers[.vary] = "Authorization, Cookie"
        if let known = request.headers[.ifNoneMatch], matches(known, tag) {
            headers[.contentType] = nil
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(string: row.text)))
    }

    /// Half of the body's SHA-256, in hexadecimal digits.
    private static func entityTag(_ text: String) -> String {
        var text = text
        let digest = text.withUTF8 { body in
            var hash = SHA256()
            hash.update(bufferPointer: UnsafeRawBufferPointer(body))
            return hash.finalize()
        }
        return String(unsafeUninitializedCapacity: 34) { tag in
            tag.initialize(repeating: UInt8(ascii: "\""))
            for (index, byte) in digest.prefix(16).enumerated() {
                tag[1 + 2 * index] = hexadecimal(byte >> 4)
                tag[2 + 2 * index] = hexadecimal(byte & 15)
            }
            return 34
        }
    }

    private static func hexadecimal(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    static func list(_ rows: [JSONText], for request: Request) -> Response {
        page(Page(rows: rows, next: nil), for: request)
    }

    static func page(_ page: Page, for request: Request) -> Response {
        var text = "{\"data\":["
        text += page.rows.lazy.map(\.text).joined(separator: ",")
        text += page.next.map { "],\"next_cursor\":\"\($0)\"}" } ?? "],\"next_cursor\":null}"
        return json(JSONText(text), for: request)
    }

    static func created(_ created: Created) -> Response {
        var response = json(created.row, status: created.wasThere ? .ok : .created)
        if created.isReplay { response.headers[.idempotentReplayed] = "true" }
        return response
    }

    static var nothing: Response { Response(status: .noContent) }

    private static let privateJSON: HTTPFields = [
        .contentType: "application/json", .cacheControl: "private, no-cache",
    ]

    /// RFC 9110: weak comparison, lists and `*`.
    static func matches(_ known: String, _ tag: String) -> Bool {
        known.split(separator: ",").contains { candidate in
            let candidate = candidate.trimmingCharacters(in: .whitespaces)
            return candidate == "*" || candidate == tag || candidate == "W/\(tag)"
        }
    }
}

extension HTTPField.Name {
    /// Names that the standard list lacks; each is a valid token.
    static let idempotencyKey = HTTPField.Name("Idempotency-Key") ?? .from
    static let idempotentReplayed = HTTPField.Name("Idempotent-Replayed") ?? .from
}
