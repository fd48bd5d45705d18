import ArgumentParser
import Foundation
import Outbound

struct Repl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask the assistant question after question.",
        discussion: "On a terminal with history and completion; from a pipe, a question a line."
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var asker: AskerOptions
    @Option(help: "Ask a server at this address instead of the data folder.")
    var server: String?
    @Option(help: "The token for --server (LABSYNC_TOKEN).")
    var token: String?

    func validate() throws {
        guard server != nil || token == nil else { throw ValidationError("--token goes with --server.") }
        guard server == nil || asker.email == nil else {
            throw ValidationError("--as goes with a data folder; on a server the token says who asks.")
        }
    }

    func run() async throws {
        let settings = try await common.settings()
        if let server {
            guard let token = token ?? settings.token else {
                throw Failure("Give a token with --token or LABSYNC_TOKEN; `labsync token --as EMAIL` prints one.")
            }
            let address = server.hasSuffix("/") ? String(server.dropLast()) : server
            let history = "\(NSHomeDirectory())/.labsync-history"
            return try await talk(RemoteBackend(client: HTTPClient(), server: address, token: token), history: history)
        }
        try await House.with(settings) { house in
            let principal = try await asker.principal(house)
            let (_, chatbot) = try await house.assistant()
            try await talk(
                LocalBackend(house: house, chatbot: chatbot, principal: principal),
                history: "\(settings.data)/repl-history"
            )
        }
    }

    private func talk(_ backend: any ReplBackend, history: String) async throws {
        let interrupts = LineEditor.isInteractive ? Interrupts() : nil
        var session = ReplSession(backend: backend, interrupts: interrupts)
        let editor = LineEditor(historyFile: history, completions: ReplSession.commands, interrupts: interrupts)
        if LineEditor.isInteractive { print("Ask anything about the lab; /help lists the commands.") }
        while let line = editor.line(prompt: "? ") {
            guard try await session.take(line) else { break }
        }
    }
}
