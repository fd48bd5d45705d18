/// A filter of a subscription: `conversation_id=eq.1,created_at=gte.2026-01-01`, all of its conditions to be met.
public struct RowFilter: Hashable, Sendable {
    public static let mostConditions = 20
    public static let mostValues = 100

    enum Comparison: String, Sendable {
        case eq, neq, lt, lte, gt, gte
        case among = "in"
        case truth = "is"
        case like, ilike
        case isdistinct
    }

    struct Condition: Hashable, Sendable {
        let column: String
        let comparison: Comparison
        let isNegated: Bool
        let values: [ColumnValue]
    }

    /// What is wrong with a filter, for whoever wrote it.
    public struct Malformed: Error, Sendable {
        public let reason: String

        public init(reason: String) {
            self.reason = reason
        }
    }

    let conditions: [Condition]

    /// - Parameter shape: the table's, which knows the columns and their types.
    public init(_ text: String, on shape: TableShape) throws(Malformed) {
        var conditions: [Condition] = []
        for part in FilterText.split(text) where !part.allSatisfy(\.isWhitespace) {
            conditions.append(try Self.condition(part, shape))
        }
        guard conditions.count <= Self.mostConditions else {
            throw Malformed(reason: "a filter has at most \(Self.mostConditions) conditions")
        }
        self.conditions = conditions
    }

    public func matches(_ row: FeedRow) -> Bool {
        conditions.allSatisfy { $0.matches(row) }
    }

    private static func condition(_ text: String, _ shape: TableShape) throws(Malformed) -> Condition {
        guard let equals = text.firstIndex(of: "=") else {
            throw Malformed(reason: "a condition is column=operator.value, such as id=eq.1")
        }
        let column = text[..<equals].trimmingSpaces
        guard let position = shape.position(of: column) else {
            throw Malformed(reason: "invalid column for filter \(column)")
        }
        var rest = text[text.index(after: equals)...]
        let isNegated = rest.hasPrefix("not.")
        if isNegated { rest = rest.dropFirst(4) }
        guard let dot = rest.firstIndex(of: "."), let comparison = Comparison(rawValue: rest[..<dot].trimmingSpaces)
        else {
            throw Malformed(
                reason: "the operator must be one of eq, neq, lt, lte, gt, gte, in, is, like, ilike, isdistinct"
            )
        }
        let operand = String(rest[rest.index(after: dot)...])
        return Condition(
            column: column,
            comparison: comparison,
            isNegated: isNegated,
            values: try values(of: operand, comparison, column: column, type: shape.columns[position].type)
        )
    }

    private static func values(
        of operand: String,
        _ comparison: Comparison,
        column: String,
        type: String
    ) throws(Malformed) -> [ColumnValue] {
        switch comparison {
        case .truth:
            switch operand.lowercased() {
            case "null": return [.null]
            case "true": return [.truth(true)]
            case "false": return [.truth(false)]
            default: throw Malformed(reason: "is takes null, true or false")
            }
        case .among:
            guard let items = FilterText.list(operand), items.count <= mostValues else {
                throw Malformed(reason: "in takes at most \(mostValues) values in parentheses: in.(1,2)")
            }
            return try items.map { item throws(Malformed) in try value(item, column, type) }
        case .like, .ilike: return [.text(FilterText.unquoted(operand))]
        case .isdistinct where operand.lowercased() == "null": return [.null]
        default: return [try value(FilterText.unquoted(operand), column, type)]
        }
    }

    private static func value(_ text: String, _ column: String, _ type: String) throws(Malformed) -> ColumnValue {
        guard let value = ColumnValue(text, type: type) else {
            throw Malformed(reason: "\(column) is of type \(type), which the value of its filter is not")
        }
        return value
    }
}

extension RowFilter.Condition {
    fileprivate func matches(_ row: FeedRow) -> Bool {
        guard let position = row.shape.position(of: column), position < row.values.count else { return false }
        guard let text = row.values[position] else {
            if comparison == .isdistinct { return (values != [.null]) != isNegated }
            // NULL is neither equal nor unequal to anything.
            return comparison == .truth && (values == [.null]) != isNegated
        }
        if comparison == .truth {
            let isMet = values != [.null] && ColumnValue(text, type: "bool") == values.first
            return isMet != isNegated
        }
        if comparison == .like || comparison == .ilike { return isLike(text) != isNegated }
        guard let value = ColumnValue(text, type: row.shape.columns[position].type) else { return false }
        return isMet(by: value) != isNegated
    }

    private func isLike(_ text: String) -> Bool {
        guard case .text(let pattern) = values[0] else { return false }
        return comparison == .like
            ? LikePattern.matches(text, pattern) : LikePattern.matches(text.lowercased(), pattern.lowercased())
    }

    private func isMet(by value: ColumnValue) -> Bool {
        switch comparison {
        case .among: return values.contains(value)
        case .eq: return value == values[0]
        case .neq: return value != values[0]
        case .lt: return value < values[0]
        case .lte: return value < values[0] || value == values[0]
        case .gt: return values[0] < value
        case .gte: return values[0] < value || value == values[0]
        case .isdistinct: return value != values[0]
        case .truth, .like, .ilike: return false
        }
    }
}

extension StringProtocol {
    var trimmingSpaces: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest = rest.dropFirst() }
        while rest.last?.isWhitespace == true { rest = rest.dropLast() }
        return String(rest)
    }
}
