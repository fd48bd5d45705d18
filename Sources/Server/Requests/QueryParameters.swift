import Assistant
import Domain
import Foundation
import Hummingbird

/// What stands after the `?`, read field by field so that errors name the field.
struct QueryParameters {
    private let request: Request

    init(_ request: Request) {
        self.request = request
    }

    func text(_ name: String) throws -> String? {
        let values = request.uri.queryParameters[values: name[...]]
        guard values.count <= 1 else { throw Self.wrong(name, "is given more than once") }
        guard let value = values.first else { return nil }
        guard !value.utf8.contains(0) else { throw Self.wrong(name, "must not contain the NUL character") }
        return value.isEmpty ? nil : String(value)
    }

    func required<Entity>(_ name: String) throws -> Identifier<Entity> {
        guard let id: Identifier<Entity> = try id(name) else { throw Self.wrong(name, "is required") }
        return id
    }

    func id<Entity>(_ name: String) throws -> Identifier<Entity>? {
        guard let text = try text(name) else { return nil }
        guard let id = Identifier<Entity>(text) else { throw Self.wrong(name, "must be a UUID") }
        return id
    }

    func time(_ name: String) throws -> Date? {
        // A plus that was not escaped arrives as a space.
        guard let text = try text(name)?.replacingOccurrences(of: " ", with: "+") else { return nil }
        guard let date = Date(rfc3339: text) else {
            throw Self.wrong(name, "must be a time such as 2026-01-31T14:05:00Z")
        }
        return date
    }

    func number(_ name: String, in range: ClosedRange<Int>, default fallback: Int) throws -> Int {
        guard let text = try text(name) else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            throw Self.wrong(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func flag(_ name: String) throws -> Bool {
        switch try text(name) {
        case nil, "0", "false": false
        case "1", "true": true
        default: throw Self.wrong(name, "must be true or false")
        }
    }

    /// `limit`, and `before` or `after`: what `next_cursor` said, a row's id or a time. `cursor` goes on in the list's
    /// own direction.
    func page(oldestFirst: Bool = false) throws -> PageRequest {
        let limit = try number("limit", in: 1...PageRequest.longest, default: PageRequest.usual)
        let before = try point("before")
        let after = try point("after")
        let cursor = try point("cursor")
        guard [before, after, cursor].compactMap({ $0 }).count <= 1 else {
            throw Self.wrong("before", "cannot be combined with after or cursor")
        }
        if let before { return PageRequest(.before(before), limit: limit) }
        if let after { return PageRequest(.after(after), limit: limit) }
        return PageRequest(oldestFirst ? .after(cursor) : .before(cursor), limit: limit)
    }

    private func point(_ name: String) throws -> PageRequest.Point? {
        guard let text = try text(name) else { return nil }
        if let id = UUID(uuidString: text) { return .row(id) }
        if let cursor = PageCursor(text) { return .cursor(cursor) }
        if let time = try? time(name) { return .time(time) }
        throw Self.wrong(name, "must be a next_cursor, an id or a time")
    }

    private static func wrong(_ name: String, _ detail: String) -> PublicError {
        PublicError(.invalid, "\"\(name)\" \(detail).", fields: [.init("?\(name)", detail)])
    }
}

extension LabsyncContext {
    /// An id in the path; what is no id names nothing.
    func id<Entity>(_ name: String, orElse absent: String) throws -> Identifier<Entity> {
        guard let text = parameters.get(name), let id = Identifier<Entity>(text) else {
            throw PublicError(.notFound, absent)
        }
        return id
    }
}

extension Request {
    /// The request's `Idempotency-Key`, bound to what is asked for.
    func once(_ body: JSONBody) throws -> Once? {
        guard let key = headers[.idempotencyKey] else { return nil }
        guard (1...Once.longestKey).contains(key.utf8.count) else {
            throw PublicError(.invalid, "An Idempotency-Key has 1 to \(Once.longestKey) bytes.")
        }
        return Once(key: key, request: "\(method) \(uri.path)", bodyHash: body.hash)
    }
}
