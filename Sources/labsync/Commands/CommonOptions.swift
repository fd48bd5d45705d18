import ArgumentParser
import Domain
import Postgres

/// What every command that opens the lab understands.
struct CommonOptions: ParsableArguments {
    @Option(help: "The data folder (LABSYNC_DATA, else ./data).")
    var data: String?

    func settings() async throws -> Settings {
        try await Settings.load(data: data)
    }
}

/// Whom a command acts for.
struct AskerOptions: ParsableArguments {
    @Option(
        name: .customLong("as"),
        help: "E-mail address of the member to act for; the lab's first owner if left out."
    )
    var email: String?

    func principal(_ house: House) async throws -> Principal {
        let people = PeopleLookup(house.ingest)
        guard let email else {
            guard let owner = try await people.firstOwner() else {
                throw Failure("The lab has no owner yet. Add one with `labsync user add EMAIL --role owner`.")
            }
            return Principal(user: owner)
        }
        guard let user = try await people.member(email: email) else {
            throw Failure("No member of the lab has the e-mail address \(email).")
        }
        return Principal(user: user)
    }
}
