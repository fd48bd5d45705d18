import Foundation
import Ingest
import Logging

/// One file in its folder, and the programs that are run on it.
struct Reading {
    let process: LimitedProcess
    let folder: ScratchFolder
    let logger: Logger

    /// The file, as its programs see it.
    var input: String { path("input") }

    func path(_ name: String) -> String { "\(process.confinement.path(of: folder.path))/\(name)" }

    /// Runs a program and hands back what it wrote, complete or not.
    func run(_ program: String, _ arguments: [String], output: String = "output") async throws
        -> (outcome: LimitedProcess.Outcome, output: Data)
    {
        let file = "\(folder.path)/\(output)"
        let outcome = try await process.run(program, arguments, in: folder.path, output: file)
        if case .failed(let status, let message) = outcome {
            logger.info("file reader failed", metadata: ["program": "\(program)", "status": "\(status)"])
            logger.trace("file reader said", metadata: ["message": "\(message)"])
        }
        return (outcome, try Data(contentsOf: URL(fileURLWithPath: file)))
    }

    /// Why nothing came out, for whoever looks at the file.
    static func refusal(_ outcome: LimitedProcess.Outcome) -> UnindexableFile {
        switch outcome {
        case .tookTooLong: UnindexableFile(reason: "Reading it takes longer than a file is given.")
        case .wroteTooMuch: UnindexableFile(reason: "It unfolds into more text than any document has.")
        case .finished, .failed: UnindexableFile(reason: "It is damaged: it cannot be read as what it says it is.")
        }
    }
}
