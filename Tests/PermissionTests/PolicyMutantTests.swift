import Domain
import Foundation
import Postgres
import TestSupport
import Testing

/// Tests the test: every policy is weakened, one at a time, and the differential or a forbidden write must notice.
@Suite(.serialized) struct PolicyMutantTests {
    struct Policy {
        let table: String
        let name: String
        let command: String
        let using: String?
        let check: String?
    }

    /// Policies whose weakening shows nothing that is not everyone's anyway, and why.
    private static let harmless: [String: String] = [
        "all_read on index_generations": "it is open to begin with",
        "all_read on migrations": "it is open to begin with",
    ]

    @Test func `every weakened policy is noticed`() async throws {
        try await TestLab.with { lab in
            let world = try await World.make(seed: 3, in: lab)
            let probes = try await WriteProbes(lab, world)
            _ = try await lab.indexed()
            #expect(try await Self.leaks(world, lab, probes).isEmpty)

            var survivors: [String] = []
            let policies = try await Self.policies(lab)
            #expect(policies.count > 25)
            for policy in policies {
                let label = "\(policy.name) on \(policy.table.split(separator: ".").last ?? "")"
                guard Self.harmless[label] == nil else { continue }
                try await Self.set(policy, using: "true", check: "true", lab)
                if try await Self.leaks(world, lab, probes).isEmpty { survivors.append(label) }
                try await Self.set(policy, using: policy.using, check: policy.check, lab)
            }
            #expect(survivors.isEmpty, "not noticed: \(survivors)")
            #expect(try await Self.leaks(world, lab, probes).isEmpty)
            print("policy mutants: \(policies.count - Self.harmless.count) of \(policies.count) tried")
        }
    }

    /// The tables alone: what the database lets out is what the mutants are about.
    private static func leaks(_ world: World, _ lab: TestLab, _ probes: WriteProbes) async throws -> [String] {
        var found: [String] = []
        for path in ReadPaths.tables(lab) {
            for user in world.users {
                let text = try await path.read(Principal(user: user))
                if world.items.values.contains(where: { !world.maySee(user, $0) && text.contains($0.canary) }) {
                    found.append(path.name)
                }
            }
        }
        return try await found + probes.succeeding()
    }

    private static func policies(_ lab: TestLab) async throws -> [Policy] {
        try await lab.superuser.query(
            """
            select polrelid::regclass::text as table_name, polname, polcmd::text as command,
                pg_get_expr(polqual, polrelid) as qual, pg_get_expr(polwithcheck, polrelid) as with_check
            from pg_policy
            where 'labsync_app'::regrole = any (polroles) or polroles = '{0}'
            order by 1, 2
            """
        ).map { row in
            Policy(
                table: try row.get("table_name"),
                name: try row.get("polname"),
                command: try row.get("command"),
                using: try row.get("qual"),
                check: try row.get("with_check")
            )
        }
    }

    private static func set(_ policy: Policy, using: String?, check: String?, _ lab: TestLab) async throws {
        var sql = "alter policy \(policy.name) on \(policy.table)"
        if policy.using != nil, let using { sql += " using (\(using))" }
        if policy.check != nil, let check { sql += " with check (\(check))" }
        let statement = sql
        try await lab.superuser.withConnection { try await $0.runScript(statement) }
    }
}
