import Domain
import Foundation

/// The columns of one line, taken out one by one, so that what is missing, wrong or unknown can be named.
struct ImportLine {
    private var columns: [String: Any]
    private let clock: ImportClock

    init(_ bytes: some DataProtocol, clock: ImportClock) throws(ImportProblem) {
        let object: Any
        do {
            object = try JSONSerialization.jsonObject(with: Data(bytes))
        } catch {
            throw ImportProblem("is not valid JSON")
        }
        guard let columns = object as? [String: Any] else { throw ImportProblem("is not a JSON object") }
        self.columns = columns
        self.clock = clock
    }

    mutating func text(_ column: String) throws(ImportProblem) -> String {
        guard let text = try optionalText(column) else { throw ImportProblem("has no \"\(column)\"") }
        return text
    }

    mutating func optionalText(_ column: String) throws(ImportProblem) -> String? {
        guard let value = take(column) else { return nil }
        guard let text = value as? String else { throw ImportProblem("\"\(column)\" is not text") }
        guard !text.utf8.contains(0) else { throw ImportProblem("\"\(column)\" contains a NUL character") }
        return text
    }

    mutating func id<Entity>(_ column: String) throws(ImportProblem) -> Identifier<Entity> {
        guard let id: Identifier<Entity> = try optionalID(column) else {
            throw ImportProblem("has no \"\(column)\"")
        }
        return id
    }

    mutating func optionalID<Entity>(_ column: String) throws(ImportProblem) -> Identifier<Entity>? {
        guard let text = try optionalText(column) else { return nil }
        guard let id = Identifier<Entity>(text) else { throw ImportProblem("\"\(column)\" is not a UUID") }
        return id
    }

    mutating func ids<Entity>(_ column: String) throws(ImportProblem) -> [Identifier<Entity>] {
        var ids: [Identifier<Entity>] = []
        for text in try texts(column) {
            guard let id = Identifier<Entity>(text) else { throw ImportProblem("\"\(column)\" holds no UUID") }
            ids.append(id)
        }
        return ids
    }

    mutating func texts(_ column: String) throws(ImportProblem) -> [String] {
        guard let value = take(column) else { return [] }
        guard let texts = value as? [String] else { throw ImportProblem("\"\(column)\" is not a list of texts") }
        return texts
    }

    mutating func bool(_ column: String) throws(ImportProblem) -> Bool {
        guard let value = take(column) else { return false }
        guard JSONNumber.isBoolean(value), let flag = value as? Bool else {
            throw ImportProblem("\"\(column)\" is neither true nor false")
        }
        return flag
    }

    mutating func optionalNumber(_ column: String) throws(ImportProblem) -> Int? {
        guard let value = take(column) else { return nil }
        guard !JSONNumber.isBoolean(value), let number = value as? Int else {
            throw ImportProblem("\"\(column)\" is not a whole number")
        }
        return number
    }

    mutating func time(_ column: String) throws(ImportProblem) -> Date {
        guard let time = try optionalTime(column) else { throw ImportProblem("has no \"\(column)\"") }
        return time
    }

    mutating func optionalTime(_ column: String) throws(ImportProblem) -> Date? {
        guard let value = take(column) else { return nil }
        guard let date = clock.date(from: value) else {
            throw ImportProblem("\"\(column)\" is not a time such as 2026-01-31T14:05:00Z")
        }
        return date
    }

    /// A misspelt column would otherwise lose its value in silence.
    func requireNothingLeft() throws(ImportProblem) {
        guard let column = columns.keys.min() else { return }
        throw ImportProblem("has an unknown column \"\(column)\"")
    }

    private mutating func take(_ column: String) -> Any? {
        guard let value = columns.removeValue(forKey: column), !(value is NSNull) else { return nil }
        return value
    }
}

/// What is wrong with one line, as the end of a sentence that begins with the line's number.
public struct ImportProblem: Error, Equatable, Sendable {
    public let reason: String

    package init(_ reason: String) {
        self.reason = reason
    }
}
