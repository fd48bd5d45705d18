/// SQL whose interpolated values are bound as parameters, never spliced into the text.
public struct Statement: ExpressibleByStringInterpolation, Sendable {
    enum Parameter: Sendable {
        /// Nil is NULL.
        case text(String?)
        case binary([UInt8])
    }

    package private(set) var sql: String
    private(set) var parameters: [Parameter]

    public init(stringLiteral sql: String) {
        self.sql = sql
        parameters = []
    }

    public init(stringInterpolation: Interpolation) {
        sql = stringInterpolation.sql
        parameters = stringInterpolation.parameters
    }

    public struct Interpolation: StringInterpolationProtocol {
        fileprivate var sql = ""
        fileprivate var parameters: [Parameter] = []

        public init(literalCapacity: Int, interpolationCount: Int) {
            sql.reserveCapacity(literalCapacity + 3 * interpolationCount)
            parameters.reserveCapacity(interpolationCount)
        }

        public mutating func appendLiteral(_ literal: String) {
            sql += literal
        }

        public mutating func appendInterpolation(_ value: some PostgresEncodable) {
            bind(.text(value.postgresText))
        }

        public mutating func appendInterpolation(_ value: (some PostgresEncodable)?) {
            bind(.text(value?.postgresText))
        }

        public mutating func appendInterpolation(_ array: BinaryArray) {
            bind(.binary(array.bytes))
        }

        /// For the program's own constants only: this text is not bound.
        public mutating func appendInterpolation(unsafeRaw sql: StaticString) {
            self.sql += sql.description
        }

        /// A piece of another statement, with its parameters.
        public mutating func appendInterpolation(_ piece: Statement) {
            var rest = piece.sql[...]
            for (index, parameter) in piece.parameters.enumerated() {
                guard let place = rest.firstRange(of: "$\(index + 1)") else { break }
                sql += rest[..<place.lowerBound]
                bind(parameter)
                rest = rest[place.upperBound...]
            }
            sql += rest
        }

        private mutating func bind(_ parameter: Parameter) {
            parameters.append(parameter)
            sql += "$\(parameters.count)"
        }
    }
}

extension Statement {
    /// A text with a NUL could not be sent.
    var hasNulInText: Bool {
        parameters.contains { parameter in
            if case .text(let text?) = parameter { text.utf8.contains(0) } else { false }
        }
    }
}
