import Synchronization

/// One connection to PostgreSQL, lent to one borrower at a time; its calls run on a thread that may block.
public actor Connection {
    private let executor = ConnectionExecutor()
    private let configuration: DatabaseConfiguration
    fileprivate var wire: WireConnection?
    private let interrupt = InterruptBox()
    private nonisolated let clean = Atomic(true)

    /// Whether the last call left it fit for the next borrower; asked without waiting for the connection's thread.
    nonisolated var isClean: Bool { clean.load(ordering: .acquiring) }

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ configuration: DatabaseConfiguration) {
        self.configuration = configuration
    }

    func open() throws {
        let wire = try WireConnection(configuration)
        interrupt.set(wire.interrupt)
        self.wire = wire
    }

    var isUsable: Bool { wire?.isUsable ?? false }

    func close() {
        wire = nil
    }

    /// Sends statements in one round trip.
    func exchange(_ statements: [Statement]) async throws -> [Reply] {
        try await waiting {
            try $0.exchange(statements, deadline: .now + configuration.deadline)
                .map { Reply(rows: $0.rows, affected: $0.affected) }
        }
    }

    struct Reply: Sendable {
        let rows: [Row]
        let affected: Int
    }

    /// Does what waits for the server. A cancelled task cancels the statement that runs.
    ///
    /// - Parameter isSpentByRefusal: whether the connection is of no use after the server has refused, as it is after
    ///   all other failures and after cancellation.
    private func waiting<Result>(
        isSpentByRefusal: Bool = false,
        _ body: (WireConnection) throws -> Result
    ) async throws -> Result {
        guard let wire else { throw PostgresError.closed }
        return try await withTaskCancellationHandler {
            wire.interrupt.reset()
            try Task.checkCancellation()
            defer { noteCleanliness() }
            do {
                return try body(wire)
            } catch let error as PostgresError where error.isRefusal && !isSpentByRefusal {
                throw error
            } catch {
                self.wire = nil
                throw error
            }
        } onCancel: {
            interrupt.raise()
        }
    }

    /// Runs for as long as it takes.
    func runScript(_ sql: String) async throws {
        try await waiting { try $0.runScript(sql) }
    }

    /// Copies rows out on this connection's thread. Whatever fails spends the connection: the rest of the copy may still
    /// be on its way.
    func copyOut(_ sql: String, _ take: (inout CopyRow) throws -> Void) async throws {
        try await waiting(isSpentByRefusal: true) {
            try $0.copyOut(sql, deadline: configuration.deadline, take)
        }
    }
}

extension PostgresError {
    /// Whether the connection is as good as before.
    fileprivate var isRefusal: Bool {
        if case .nulInText = self { true } else { sqlState != nil }
    }
}

extension Connection {
    fileprivate func noteCleanliness() {
        clean.store(wire?.isIdle ?? false, ordering: .releasing)
    }

    /// Undoes the open transaction even when the task is cancelled; a connection that cannot is closed.
    func rollBack() {
        guard let wire else { return }
        defer { noteCleanliness() }
        wire.interrupt.reset()
        do {
            _ = try wire.exchange(["rollback"], deadline: .now + .seconds(5))
        } catch {
            self.wire = nil
        }
    }
}

extension Connection {
    /// Begins, and commits what is done then, or undoes it.
    nonisolated func transaction<Result: Sendable>(
        _ begin: () async throws -> Void,
        _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            try await begin()
            let result = try await body()
            _ = try await exchange(["commit"])
            return result
        } catch {
            // A connection that fails to roll back is dropped by the pool. Its error would hide the first one.
            await rollBack()
            throw error
        }
    }
}
