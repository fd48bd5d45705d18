public import Domain

/// A database as one role sees it. Every statement runs in a transaction, for somebody or for nobody.
public final class Database: Sendable {
    private let pool: ConnectionPool
    private let shared: SharedReads

    public init(_ configuration: DatabaseConfiguration) {
        pool = ConnectionPool(configuration)
        shared = SharedReads(configuration)
    }

    /// Closes all connections once they are given back.
    public func close() async {
        shared.close()
        await pool.close()
    }

    /// Runs one statement for a principal: identity and statement in one round trip and one transaction.
    public func query(_ statement: Statement, as principal: Principal) async throws -> [Row] {
        // Without `begin` a pipeline up to its sync is one implicit transaction, so that the identity ends with it.
        try await pool.withConnection { try await $0.exchange([Self.identity(principal), statement])[1].rows }
    }

    /// Reads a few rows by their keys, over a connection that many such reads share. What turns out not to be short, or
    /// loses the connection, is asked again on a connection of its own.
    public func read(_ statement: Statement, as principal: Principal) async throws -> [Row] {
        do {
            return try await shared.rows(of: [Self.identity(principal), statement])[1]
        } catch let error as PostgresError where error.concernsTheConnection {
            return try await query(statement, as: principal)
        }
    }

    /// Runs statements for a principal, all or none of them, in one round trip.
    public func run(_ statements: [Statement], as principal: Principal) async throws -> [Outcome] {
        try await pool.withConnection { connection in
            try await connection.exchange([Self.identity(principal)] + statements).dropFirst()
                .map { Outcome(rows: $0.rows, affected: $0.affected) }
        }
    }

    /// What one of several statements did.
    public struct Outcome: Sendable {
        public let rows: [Row]
        public let affected: Int
    }

    /// Runs one statement for nobody: it sees what the role's policies allow without a user.
    public func query(_ statement: Statement) async throws -> [Row] {
        try await pool.withConnection { try await $0.exchange([statement])[0].rows }
    }

    /// Runs one statement for nobody and says how many rows it changed.
    @discardableResult
    public func run(_ statement: Statement) async throws -> Int {
        try await pool.withConnection { try await $0.exchange([statement])[0].affected }
    }

    /// Runs statements for nobody, all or none of them, in one round trip.
    public func run(_ statements: [Statement]) async throws -> [Outcome] {
        try await pool.withConnection { connection in
            try await connection.exchange(statements).map { Outcome(rows: $0.rows, affected: $0.affected) }
        }
    }

    public func withTransaction<Result: Sendable>(
        as principal: Principal,
        _ body: (Transaction) async throws -> Result
    ) async throws -> Result {
        try await withTransaction(["begin", Self.identity(principal)], body)
    }

    public func withTransaction<Result: Sendable>(
        _ body: (Transaction) async throws -> Result
    ) async throws -> Result {
        try await withTransaction(["begin"], body)
    }

    /// Lends a connection, outside any transaction: for session locks and the like.
    public func withConnection<Result: Sendable>(
        _ body: (Session) async throws -> Result
    ) async throws -> Result {
        try await pool.withConnection { try await body(Session(connection: $0)) }
    }

    private func withTransaction<Result: Sendable>(
        _ opening: [Statement],
        _ body: (Transaction) async throws -> Result
    ) async throws -> Result {
        try await pool.withConnection { connection in
            try await connection.transaction {
                _ = try await connection.exchange(opening)
            } _: {
                try await body(Transaction(connection: connection))
            }
        }
    }

    /// Refuses a sign-in or token that was ended, with the error that `PostgresError.standingLost` names.
    private static func identity(_ principal: Principal) -> Statement {
        guard let credential = principal.credential else {
            return "select set_config('labsync.user_id', \(principal.user.description), true)"
        }
        return "select labsync.act_for(\(principal.user), \(credential.kind.rawValue), \(credential.id))"
    }
}

/// One open transaction, valid inside the closure that it is lent to.
public struct Transaction: Sendable {
    let connection: Connection

    public func query(_ statement: Statement) async throws -> [Row] {
        try await connection.exchange([statement])[0].rows
    }

    /// Says how many rows were changed.
    @discardableResult
    public func run(_ statement: Statement) async throws -> Int {
        try await connection.exchange([statement])[0].affected
    }

    /// Runs statements in one round trip; the last one's rows are returned.
    @discardableResult
    public func run(_ statements: [Statement]) async throws -> [Row] {
        guard !statements.isEmpty else { return [] }
        return try await connection.exchange(statements).last?.rows ?? []
    }
}

/// One connection, lent exclusively; every statement is a transaction of its own.
public struct Session: Sendable {
    let connection: Connection

    public func query(_ statement: Statement) async throws -> [Row] {
        try await connection.exchange([statement])[0].rows
    }

    /// A transaction in which statements take as long as they take: for what no request waits for.
    ///
    /// - Parameter begin: `begin` with its options, and further settings that go with the transaction.
    func withLongTransaction<Result: Sendable>(
        _ begin: String = "begin",
        _ body: () async throws -> Result
    ) async throws -> Result {
        try await connection.transaction {
            try await connection.runScript("\(begin); set local statement_timeout = 0")
        } _: {
            try await body()
        }
    }

    /// Runs a script of several statements, as a migration is; the script brings its own transaction, if any.
    public func runScript(_ sql: String) async throws {
        try await connection.runScript(sql)
    }

    /// - Parameter sql: `copy (…) to stdout (format binary)`.
    func copyOut(_ sql: String, _ take: @Sendable (inout CopyRow) throws -> Void) async throws {
        try await connection.copyOut(sql, take)
    }
}
