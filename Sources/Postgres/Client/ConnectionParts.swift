internal import CPostgres

/// A connection string in two parts, for other programs: their arguments can be read by everybody on the machine, their
/// environment cannot.
package struct ConnectionParts {
    /// For an argument.
    package let withoutPassword: String
    /// For `PGPASSWORD`.
    package let password: String?

    /// - Parameter connectionString: keywords and values, a URL, or, as libpq has it, a database's name.
    package init(_ connectionString: String) {
        // What cannot be taken apart is a name, or wrong: whoever connects with it says how.
        guard let options = PQconninfoParse(connectionString, nil) else {
            (withoutPassword, password) = (connectionString, nil)
            return
        }
        defer { PQconninfoFree(options) }
        var words: [String] = []
        var found: String?
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val.map({ String(cString: $0) }) {
                let name = String(cString: keyword)
                if name == "password" { found = value } else { words.append("\(name)='\(Self.quoted(value))'") }
            }
            option += 1
        }
        (withoutPassword, password) = (words.joined(separator: " "), found)
    }

    private static func quoted(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
    }
}
