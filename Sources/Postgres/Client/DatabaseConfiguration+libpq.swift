extension DatabaseConfiguration {
    /// What libpq is told.
    ///
    /// - Parameters:
    ///   - statementTimeout: the server's own limit, in milliseconds.
    ///   - isReadOnly: whether the server refuses every change.
    func options(statementTimeout: Int, isReadOnly: Bool = false) -> [(String, String)] {
        var settings = "-c TimeZone=UTC -c DateStyle=ISO -c bytea_output=hex -c statement_timeout=\(statementTimeout)"
        if isReadOnly { settings += " -c default_transaction_read_only=on" }
        if let role { settings += " -c role=\(role)" }
        return [
            ("dbname", connectionString),
            ("options", settings),
            ("client_encoding", "UTF8"),
            ("application_name", "labsync"),
        ]
    }
}
