/// One row of a result: text values by column.
public struct Row: Sendable {
    package let columns: Columns
    package let values: [String?]

    /// The names of a result's columns, shared by its rows.
    package final class Columns: Sendable {
        let names: [String]
        let positions: [String: Int]

        init(_ names: [String]) {
            self.names = names
            positions = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        }
    }

    public func get<Value: PostgresDecodable>(_ column: String, as type: Value.Type = Value.self) throws -> Value {
        guard let value: Value = try get(column, as: Value?.self) else { throw PostgresError.unexpectedNull(column) }
        return value
    }

    public func get<Value: PostgresDecodable>(
        _ column: String,
        as type: Value?.Type = Value?.self
    ) throws -> Value? {
        guard let position = columns.positions[column] else { throw PostgresError.noSuchColumn(column) }
        guard let text = values[position] else { return nil }
        guard let value = Value(postgresText: text) else { throw PostgresError.undecodable(column) }
        return value
    }

    public func get<Value: PostgresDecodable>(_ index: Int, as type: Value.Type = Value.self) throws -> Value {
        try get(columns.names[index], as: type)
    }
}
