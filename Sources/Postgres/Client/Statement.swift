/// SQL whose interpolated values are bound as parameters, never spliced into the text.
public struct Statement: ExpressibleByStringInterpolation, Sendable {
    package private(set) var sql: String
    /// Text format; nil is NULL.
    package private(set) var parameters: [String?]

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
        fileprivate var parameters: [String?] = []

        public init(literalCapacity: Int, interpolationCount: Int) {
            sql.reserveCapacity(literalCapacity + 3 * interpolationCount)
            parameters.reserveCapacity(interpolationCount)
        }

        public mutating func appendLiteral(_ literal: String) {
            sql += literal
        }

        public mutating func appendInterpolation(_ value: some PostgresEncodable) {
            bind(value.postgresText)
        }

        public mutating func appendInterpolation(_ value: (some PostgresEncodable)?) {
            bind(value?.postgresText)
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

        private mutating func bind(_ text: String?) {
            parameters.append(text)
            sql += "$\(parameters.count)"
        }
    }
}
