import Assistant
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationCompat

/// Sends an object's bytes: whole, a range of them, or word that the client has them.
struct FileDelivery: Sendable {
    struct Manner {
        /// Several ranges, or none that can be read: refused, or answered with the whole, as HTTP leaves open.
        var refusesOddRanges = false
        var disposition: String
        var contentType: String
        var cacheControl: String
        var changed: Date?
        var expires: Date?
    }

    let objects: any ObjectStore

    func response(_ content: FileContent, _ manner: Manner, for request: Request) -> Response {
        var headers = Self.headers(content, manner)
        if Self.isKnown(content, manner, request) { return Response(status: .notModified, headers: headers) }
        headers[.contentType] = manner.contentType
        switch range(content, manner, request) {
        case .whole:
            return Response(status: .ok, headers: headers, body: body(content, 0..<content.size, request))
        case .part(let range):
            headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(content.size)"
            return Response(status: .partialContent, headers: headers, body: body(content, range, request))
        case .unsatisfiable:
            headers[.contentRange] = "bytes */\(content.size)"
            guard manner.refusesOddRanges else { return Response(status: .rangeNotSatisfiable, headers: headers) }
            var refusal = StorageError(
                statusCode: 416,
                error: "invalid_range",
                message: "The requested range is not satisfiable",
                code: "InvalidRange"
            ).response(for: request.uri.path)
            refusal.headers[.contentRange] = headers[.contentRange]
            return refusal
        }
    }

    private func range(_ content: FileContent, _ manner: Manner, _ request: Request) -> ByteRange {
        guard let asked = request.headers[.range] else { return .whole }
        if let condition = request.headers[.ifRange], condition != Self.tag(content) { return .whole }
        let range = ByteRange(asked, size: content.size)
        if case .whole = range, manner.refusesOddRanges { return .unsatisfiable }
        return range
    }

    /// RFC 9110, 13.2.2: a tag counts before a time.
    private static func isKnown(_ content: FileContent, _ manner: Manner, _ request: Request) -> Bool {
        if let tags = request.headers[.ifNoneMatch] { return Response.matches(tags, tag(content)) }
        guard let text = request.headers[.ifModifiedSince], let since = HTTPDate.date(text),
            let changed = manner.changed
        else { return false }
        return changed.timeIntervalSince1970.rounded(.down) <= since.timeIntervalSince1970
    }

    private static func tag(_ content: FileContent) -> String { "\"\(content.sha256)\"" }

    /// What people upload must not act as a page of ours.
    private static func headers(_ content: FileContent, _ manner: Manner) -> HTTPFields {
        var headers: HTTPFields = [
            .contentDisposition: manner.disposition,
            .eTag: tag(content),
            .acceptRanges: "bytes",
            .cacheControl: manner.cacheControl,
            .xContentTypeOptions: "nosniff",
            .contentSecurityPolicy: "default-src 'none'; sandbox",
        ]
        if let changed = manner.changed { headers[.lastModified] = HTTPDate.text(changed) }
        if let expires = manner.expires { headers[.expires] = HTTPDate.text(expires) }
        return headers
    }

    private func body(_ content: FileContent, _ range: Range<Int>, _ request: Request) -> ResponseBody {
        guard request.method != .head else {
            return ResponseBody(contentLength: range.count) { try await $0.finish(nil) }
        }
        return ResponseBody(contentLength: range.count) { [objects] writer in
            for try await piece in try await objects.bytes(of: content.key, in: range) {
                try await writer.write(ByteBuffer(data: piece))
            }
            try await writer.finish(nil)
        }
    }
}

/// `Content-Disposition` and the type that something is sent with.
enum Disposition {
    static func attachment(_ name: String?) -> String {
        guard let name else { return "attachment" }
        let escaped = name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "file"
        return "attachment; filename*=UTF-8''\(escaped)"
    }

    /// In place only what cannot act: pictures without scripts, sound, film, plain text.
    static func natural(_ contentType: String) -> String {
        let type = MediaType(contentType).description
        let isHarmless =
            ["image/svg+xml", "image/xml"].contains(type)
            ? false
            : MediaType(type).matches(anyOf: [
                "image/*", "audio/*", "video/*", "text/plain", "text/csv", "application/json", "application/pdf",
            ])
        return isHarmless ? "inline" : "attachment"
    }
}

/// The form of time in HTTP's headers (RFC 9110, 5.6.7).
enum HTTPDate {
    static func text(_ date: Date) -> String { formatter().string(from: date) }

    static func date(_ text: String) -> Date? { formatter().date(from: text) }

    private static func formatter() -> DateFormatter {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = .gmt
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter
    }
}

extension HTTPField.Name {
    /// Names that the standard list lacks; each is a valid token.
    static let expires = HTTPField.Name("Expires") ?? .from
}
