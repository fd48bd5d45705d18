import ArgumentParser
import Postgres

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Bring the database to this version's schema.")

    @OptionGroup var common: CommonOptions
    @Flag(help: "Only list what is applied and what is pending.")
    var status = false

    func run() async throws {
        let house = try await House.openUnmigrated(try await common.settings())
        do {
            if status {
                let status = try await house.migrationStatus()
                for name in status.applied { print("applied  \(name)") }
                for name in status.pending { print("pending  \(name)") }
            } else {
                let applied = try await house.migrate()
                for name in applied { print("applied  \(name)") }
                if applied.isEmpty { print("Nothing to do: the schema is that of this version.") }
            }
        } catch {
            await house.close()
            throw error
        }
        await house.close()
    }
}
