/// How to reach a database, and the limits of doing so.
public struct DatabaseConfiguration: Sendable {
    /// A libpq connection string or URL; several hosts and `target_session_attrs` included.
    public var connectionString: String
    /// The role that every statement runs as; nil keeps the login role.
    public var role: String?
    public var maximumConnections = 8
    /// Requests that may wait for a connection before more are refused.
    public var maximumWaiters = 1024
    /// Seconds that a request waits for a connection before it is refused.
    public var longestWait = 10
    /// For one statement.
    public var deadline: Duration = .seconds(30)
    public var connectTimeout: Duration = .seconds(5)

    public init(connectionString: String, role: String? = nil, maximumConnections: Int = 8) {
        self.connectionString = connectionString
        self.role = role
        self.maximumConnections = maximumConnections
    }
}
