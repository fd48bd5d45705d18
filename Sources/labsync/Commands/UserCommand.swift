import ArgumentParser
import Postgres

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "Manage the members of the lab.",
        subcommands: [Add.self, List.self]
    )

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Add a member.")

        @OptionGroup var common: CommonOptions
        @Argument(help: "E-mail address.")
        var email: String
        @Option(help: "owner, manager, staff or a role of the lab's own.")
        var role = "staff"
        @Option(help: "Full name.")
        var name: String?

        func validate() throws {
            guard email.split(separator: "@").count == 2 else {
                throw ValidationError("\(email) is no e-mail address.")
            }
        }

        func run() async throws {
            try await House.with(try await common.settings()) { house in
                print(try await PeopleLookup(house.ingest).add(email: email, fullName: name, role: role))
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the members; fails when there are none.")

        @OptionGroup var common: CommonOptions
        @Flag(help: "Print nothing.")
        var quiet = false

        func run() async throws {
            try await House.with(try await common.settings()) { house in
                let members = try await PeopleLookup(house.ingest).members()
                guard !members.isEmpty else { throw Failure("The lab has no members yet.") }
                guard !quiet else { return }
                for member in members {
                    print("\(member.email)  \(member.fullName ?? "")  (\(member.roles.joined(separator: ", ")))")
                }
            }
        }
    }
}
