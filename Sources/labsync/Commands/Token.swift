import ArgumentParser
import Domain
import Server

struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print a session token for a member.")

    @OptionGroup var common: CommonOptions
    @Option(name: .customLong("as"), help: "The member's e-mail address.")
    var email: String
    @Option(help: "Seconds that the token is good for.")
    var ttl = 3600

    func validate() throws {
        guard (BuiltInIssuer.shortestLife...BuiltInIssuer.longestLife).contains(ttl) else {
            throw ValidationError("--ttl must be from 1 to \(BuiltInIssuer.longestLife) seconds.")
        }
    }

    func run() async throws {
        var asker = AskerOptions()
        asker.email = email
        let member = asker
        try await House.with(try await common.settings()) { house in
            let principal = try await member.principal(house)
            print(try await house.issuer().token(for: principal.user, seconds: ttl))
        }
    }
}
