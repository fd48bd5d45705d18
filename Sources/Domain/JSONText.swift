/// One JSON value, already written: rows are turned into JSON by the database that reads them.
public struct JSONText: Sendable, Hashable {
    public let text: String

    public init(_ text: String) {
        self.text = text
    }
}
