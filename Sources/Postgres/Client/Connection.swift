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

    /// Sends statements in one round trip. A cancelled task cancels the running one; the connection is then spent.
    func exchange(_ statements: [Statement]) async throws -> [Reply] {
        try await withTaskCancellationHandler {
            wire?.interrupt.reset()
            try Task.checkCancellation()
            return try exchangeBlocking(statements)
        } onCancel: {
            interrupt.raise()
        }
    }

    struct Reply: Sendable {
        let rows: [Row]
        let affected: Int
    }

    private func exchangeBlocking(_ statements: [Statement]) throws -> [Reply] {
        guard let wire else { throw PostgresError.closed }
        defer { noteCleanliness() }
        do {
            return try wire.exchange(statements, deadline: .now + configuration.deadline)
                .map { Reply(rows: $0.rows, affected: $0.affected) }
        } catch let error as PostgresError where error.sqlState != nil {
            throw error
        } catch PostgresError.nulInText {
            throw PostgresError.nulInText
        } catch {
            self.wire = nil
            throw error
        }
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

    func runScript(_ sql: String) throws {
        guard let wire else { throw PostgresError.closed }
        defer { noteCleanliness() }
        try wire.runScript(sql)
    }

    /// Copies rows out on this connection's thread; stops when the task is cancelled. Whatever fails spends the
    /// connection: the rest of the copy may still be on its way.
    func copyOut(_ sql: String, _ take: (inout CopyRow) throws -> Void) async throws {
        guard let wire else { throw PostgresError.closed }
        try await withTaskCancellationHandler {
            wire.interrupt.reset()
            try Task.checkCancellation()
            defer { noteCleanliness() }
            do {
                try wire.copyOut(sql, deadline: configuration.deadline, take)
            } catch {
                self.wire = nil
                throw error
            }
        } onCancel: {
            interrupt.raise()
        }
    }
}
