import Postgres

extension House {
    /// Refuses to go on when the database would show people what is not theirs.
    func requireSoundPolicies() async throws {
        let violations = try await RLSLint.violations(app)
        guard violations.isEmpty else {
            throw Failure("The database is not safe to serve from:\n" + violations.joined(separator: "\n"))
        }
    }
}
