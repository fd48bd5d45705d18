import ArgumentParser
import Foundation
import Glibc

@main
struct Labsync: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "labsync",
        abstract: "A lab's shared workspace, with an assistant that answers from the lab's own words.",
        subcommands: [
            Serve.self, Repl.self, Ask.self, Search.self, Import.self, Reindex.self, Index.self, Jobs.self, Worker.self,
            Migrate.self, Files.self, Keys.self, Token.self, UserCommand.self, Eval.self, Backup.self, Restore.self,
            Doctor.self, Usage.self,
        ]
    )

    static func main() async {
        useOneThreadForBLAS()
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            exit(withError: Sentence.of(error))
        }
    }

    /// OpenBLAS reads its thread count when it is loaded, before `main`: set it and start over.
    /// The encoder runs several passes at once instead, which is faster when other work shares the machine.
    private static func useOneThreadForBLAS() {
        guard getenv("OPENBLAS_NUM_THREADS") == nil else { return }
        setenv("OPENBLAS_NUM_THREADS", "1", 1)
        var arguments = CommandLine.arguments.map { strdup($0) }
        arguments.append(nil)
        execv("/proc/self/exe", &arguments)
        // Where that is not possible BLAS uses as many threads as it likes.
    }
}
