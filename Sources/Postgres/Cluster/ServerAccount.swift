import Foundation
import Glibc
import Subprocess
import SystemPackage

/// The operating-system user that PostgreSQL runs as: ourselves, or, since it refuses root, an unprivileged one.
struct ServerAccount {
    let user: uid_t
    let group: gid_t
    let name: String
    let isOther: Bool

    /// Of util-linux, which Debian always has.
    private static let setpriv = "/usr/bin/setpriv"

    static func current() throws -> ServerAccount {
        guard getuid() == 0 else {
            return ServerAccount(user: getuid(), group: getgid(), name: NSUserName(), isOther: false)
        }
        for name in ["postgres", "nobody"] {
            guard let entry = getpwnam(name) else { continue }
            return ServerAccount(user: entry.pointee.pw_uid, group: entry.pointee.pw_gid, name: name, isOther: true)
        }
        throw ClusterError("PostgreSQL never runs as root, and there is no user postgres or nobody to run it as.")
    }

    /// Makes a folder that only this account can enter.
    func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw ClusterError("Cannot make the folder \(path): \(error.localizedDescription)")
        }
        guard chmod(path, 0o700) == 0, !isOther || chown(path, user, group) == 0 else {
            throw ClusterError("Cannot give the folder \(path) to \(name): \(String(cString: strerror(errno))).")
        }
    }

    /// Runs one of PostgreSQL's programs to its end.
    func run(_ program: String, _ arguments: [String]) async throws -> (succeeded: Bool, output: String) {
        // Not by the options of Subprocess: it calls setgroups between clone and exec, where glibc may wait for ever for
        // a thread that only the parent has.
        let become = ["--reuid=\(user)", "--regid=\(group)", "--clear-groups", "--", program]
        do {
            let result = try await Subprocess.run(
                .path(FilePath(isOther ? Self.setpriv : program)),
                arguments: Arguments(isOther ? become + arguments : arguments),
                workingDirectory: "/",
                output: .string(limit: 1 << 20),
                error: .string(limit: 1 << 20)
            )
            let text = [result.standardOutput, result.standardError].compactMap { $0 }.joined()
            return (result.terminationStatus.isSuccess, text.trimmingCharacters(in: .whitespacesAndNewlines))
        } catch {
            throw ClusterError("Cannot run \(program): \(error)")
        }
    }
}
