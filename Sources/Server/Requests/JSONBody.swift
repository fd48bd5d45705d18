import Crypto
import Domain
import Foundation
import Hummingbird
import NIOCore
import NIOFoundationCompat

/// A request's JSON object, its fields taken out one by one, so that errors name the field and unknown ones are told.
struct JSONBody {
    private var fields: [String: Any]
    private let data: Data

    init(_ request: Request, _ context: LabsyncContext, mayBeEmpty: Bool = false) async throws {
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: context.maxUploadSize)
        } catch {
            throw PublicError(.tooLarge, "The body is larger than \(context.maxUploadSize) bytes.")
        }
        let data = mayBeEmpty && buffer.readableBytes == 0 ? Data("{}".utf8) : Data(buffer: buffer)
        guard String(data: data, encoding: .utf8) != nil else { throw PublicError(.invalid, "The body is not UTF-8.") }
        guard !TrailingComma.occurs(in: data), let value = try? JSONSerialization.jsonObject(with: data) else {
            throw PublicError(.invalid, "The body is not valid JSON.")
        }
        guard let fields = value as? [String: Any] else {
            throw PublicError(.invalid, "The body must be a JSON object.")
        }
        self.fields = fields
        self.data = data
    }

    /// SHA-256 of the body as it was sent.
    var hash: [UInt8] { Array(SHA256.hash(data: data)) }

    mutating func text(_ name: String) throws -> String {
        guard let text = try optionalText(name) else { throw Self.wrong(name, "is required") }
        return text
    }

    mutating func optionalText(_ name: String) throws -> String? {
        guard let value = take(name) else { return nil }
        guard let text = value as? String else { throw Self.wrong(name, "must be text") }
        guard !text.utf8.contains(0) else { throw Self.wrong(name, "must not contain the NUL character") }
        return text
    }

    mutating func number(_ name: String) throws -> Int? {
        guard let value = take(name) else { return nil }
        guard let number = value as? NSNumber, !JSONNumber.isBoolean(value),
            let whole = Int(exactly: number.doubleValue)
        else {
            throw Self.wrong(name, "must be a whole number")
        }
        return whole
    }

    /// False when it is not given.
    mutating func flag(_ name: String) throws -> Bool {
        try optionalFlag(name) ?? false
    }

    /// Nil when it is not given.
    mutating func optionalFlag(_ name: String) throws -> Bool? {
        guard let value = take(name) else { return nil }
        guard JSONNumber.isBoolean(value), let flag = value as? Bool else {
            throw Self.wrong(name, "must be true or false")
        }
        return flag
    }

    mutating func texts(_ name: String) throws -> [String]? {
        guard let value = take(name) else { return nil }
        guard let texts = value as? [String], !texts.contains(where: { $0.utf8.contains(0) }) else {
            throw Self.wrong(name, "must be a list of texts")
        }
        return texts
    }

    mutating func ids<Entity>(_ name: String) throws -> [Identifier<Entity>]? {
        try texts(name)?.map { text in
            guard let id = Identifier<Entity>(text) else { throw Self.wrong(name, "must be a list of UUIDs") }
            return id
        }
    }

    mutating func requiredID<Entity>(_ name: String) throws -> Identifier<Entity> {
        guard let id: Identifier<Entity> = try id(name) else { throw Self.wrong(name, "is required") }
        return id
    }

    mutating func requiredTime(_ name: String) throws -> Date {
        guard let time = try time(name) else { throw Self.wrong(name, "is required") }
        return time
    }

    mutating func id<Entity>(_ name: String) throws -> Identifier<Entity>? {
        guard let text = try optionalText(name) else { return nil }
        guard let id = Identifier<Entity>(text) else { throw Self.wrong(name, "must be a UUID") }
        return id
    }

    mutating func time(_ name: String) throws -> Date? {
        guard let text = try optionalText(name) else { return nil }
        guard let date = Date(rfc3339: text) else {
            throw Self.wrong(name, "must be a time such as 2026-01-31T14:05:00Z")
        }
        return date
    }

    mutating func timeZone(_ name: String) throws -> TimeZone {
        guard let text = try optionalText(name) else { return .gmt }
        guard let zone = TimeZone(identifier: text) else {
            throw Self.wrong(name, "must be a zone such as Europe/Berlin")
        }
        return zone
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(_ name: String) throws -> Choice?
    where Choice.RawValue == String {
        guard let text = try optionalText(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            throw Self.wrong(name, "must be one of: \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    mutating func sources(_ name: String) throws -> Set<SourceKind>? {
        guard let value = take(name) else { return nil }
        let kinds = (value as? [String])?.map { SourceKind(rawValue: $0) }
        guard let kinds, !kinds.contains(nil), !kinds.isEmpty else {
            let names = SourceKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw Self.wrong(name, "must be a list of some of: \(names)")
        }
        return Set(kinds.compactMap { $0 })
    }

    func requireNothingLeft() throws {
        guard let name = fields.keys.min() else { return }
        throw Self.wrong(name, "is not known here")
    }

    private mutating func take(_ name: String) -> Any? {
        guard let value = fields.removeValue(forKey: name), !(value is NSNull) else { return nil }
        return value
    }

    private static func wrong(_ name: String, _ detail: String) -> PublicError {
        PublicError(.invalid, "\"\(name)\" \(detail).", fields: [.init("/\(name)", detail)])
    }
}
