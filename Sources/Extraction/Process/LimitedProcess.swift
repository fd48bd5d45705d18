import Foundation
import Ingest
import Subprocess
import SystemPackage

/// Runs a program on a stranger's file: confined, for so long, in so much memory, and with so much to say.
package struct LimitedProcess: Sendable {
    package struct Limits: Sendable {
        /// Of processor time.
        package var time: Duration
        /// Of time on the clock: more, since others have work to do, too.
        package var patience: Duration
        /// Bytes of address space.
        package var memory: Int
        /// Bytes that it may write to its output.
        package var output: Int

        package init(
            time: Duration = .seconds(20),
            patience: Duration = .seconds(60),
            memory: Int = 256 << 20,
            output: Int = 8 << 20
        ) {
            self.time = time
            self.patience = patience
            self.memory = memory
            self.output = output
        }
    }

    package enum Outcome: Equatable, Sendable {
        case finished
        /// Exit code or signal, and what it said of it.
        case failed(status: String, message: String)
        case tookTooLong
        case wroteTooMuch
    }

    private static let longestMessage = 4096

    let confinement: Confinement
    var limits: Limits

    package init(confinement: Confinement, limits: Limits = Limits()) {
        self.confinement = confinement
        self.limits = limits
    }

    /// - Parameters:
    ///   - folder: what it may read.
    ///   - output: the file that its standard output goes to; what came before a failure is in it.
    /// - Throws: `MissingProgram` where it is not installed.
    package func run(_ program: String, _ arguments: [String], in folder: String, output: String) async throws
        -> Outcome
    {
        try Self.requireInstalled(program)
        let command = self.command(program, arguments, folder)
        let file = try FileDescriptor.open(
            FilePath(output),
            .writeOnly,
            options: [.create, .truncate],
            permissions: .ownerReadWrite
        )
        let start = ContinuousClock.now
        let result = try await Subprocess.run(
            .path(FilePath(command[0])),
            arguments: Arguments(Array(command.dropFirst())),
            environment: .custom(Confinement.environment),
            workingDirectory: FilePath(folder),
            input: .none,
            output: .fileDescriptor(file, closeAfterSpawningProcess: true),
            error: .sequence
        ) { execution in
            // Read to its end, whatever it is: a program whose words nobody takes would wait.
            var message: [UInt8] = []
            for try await piece in execution.standardError where message.count < Self.longestMessage {
                message += piece.withUnsafeBytes { Array($0.prefix(Self.longestMessage)) }
            }
            return String(decoding: message, as: UTF8.self)
        }
        return outcome(result.terminationStatus, result.closureResult, after: .now - start)
    }

    /// `timeout` holds however this program ends; what it starts dies with it.
    private func command(_ program: String, _ arguments: [String], _ folder: String) -> [String] {
        let seconds = Int((limits.time / .seconds(1)).rounded(.up))
        return [
            Programs.timeout, "--signal=KILL", "\(limits.patience / .seconds(1))", Programs.nice, "-n", "5",
            Programs.prlimit, "--as=\(limits.memory)", "--cpu=\(seconds):\(seconds + 2)", "--fsize=\(limits.output)",
            "--core=0",
            "--nofile=64", "--",
        ] + confinement.command(folder: folder, program: program, arguments: arguments)
    }

    private func outcome(_ status: TerminationStatus, _ message: String, after elapsed: Duration) -> Outcome {
        // What a signal ended comes as that, or as 128 and its number from the one who watched.
        let (code, isSignal): (Int32, Bool) =
            switch status {
            case .exited(let code): code > 128 ? (code - 128, true) : (code, false)
            case .signaled(let signal): (signal, true)
            }
        switch (code, isSignal) {
        case (0, false): return .finished
        case (SIGXFSZ, true): return .wroteTooMuch
        case (SIGKILL, true) where elapsed >= limits.patience * 0.9, (SIGXCPU, true): return .tookTooLong
        default: return .failed(status: isSignal ? "signal \(code)" : "\(code)", message: message)
        }
    }

    private static func requireInstalled(_ program: String) throws {
        guard !FileManager.default.isExecutableFile(atPath: program) else { return }
        throw MissingProgram(name: (program as NSString).lastPathComponent)
    }
}

/// A program that files of some kind cannot be read without.
struct MissingProgram: StandingFailure, CustomStringConvertible {
    let name: String

    var explanation: String {
        "It cannot be read for its text, as \(name) is not installed on the lab's server. Whoever runs the lab installs it"
            + " (`labsync doctor`) and has the file read (`labsync jobs retry --dead`)."
    }

    var description: String { "\(name) is not installed here; `labsync doctor` says how to mend that" }
}
