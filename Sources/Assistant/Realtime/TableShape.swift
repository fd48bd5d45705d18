/// A table as the change feed describes it; rows that are told of it have their values in this order.
public final class TableShape: Sendable, Equatable {
    public struct Column: Sendable, Equatable {
        public let name: String
        /// PostgreSQL's name of the type: `int8`, `timestamptz`, `_text`.
        public let type: String

        public init(name: String, type: String) {
            self.name = name
            self.type = type
        }
    }

    public let schema: String
    public let name: String
    public let columns: [Column]
    private let positions: [String: Int]

    public init(schema: String, name: String, columns: [Column]) {
        self.schema = schema
        self.name = name
        self.columns = columns
        positions = Dictionary(columns.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    public func position(of column: String) -> Int? { positions[column] }

    public static func == (left: TableShape, right: TableShape) -> Bool {
        left.schema == right.schema && left.name == right.name && left.columns == right.columns
    }
}

/// One row: its values as PostgreSQL writes them; nil is NULL.
public struct FeedRow: Sendable {
    public let shape: TableShape
    public let values: [String?]

    public init(shape: TableShape, values: [String?]) {
        self.shape = shape
        self.values = values
    }

    public subscript(_ column: String) -> String? {
        guard let position = shape.position(of: column), position < values.count else { return nil }
        return values[position]
    }
}
