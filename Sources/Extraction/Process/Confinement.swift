import Foundation
import Glibc
import Subprocess
import SystemPackage

/// What holds a reader of strangers' files: how much of the machine it may see.
public enum Confinement: Sendable {
    /// Namespaces of its own: no network, no other process, and of the disk only programs and its folder, to read.
    case sandbox
    /// No new privileges, and as root another user; but the network and what that user may read are in its reach.
    case account

    /// Root gives its rights away: to nobody, as every Linux calls this user.
    static let nobody: uid_t = 65534

    /// Whether bubblewrap works here; some containers forbid what it needs.
    public static func find() async -> Confinement {
        guard FileManager.default.isExecutableFile(atPath: Programs.bubblewrap) else { return .account }
        let command = Confinement.sandbox.command(folder: "/usr", program: "/usr/bin/true", arguments: [])
        let result = try? await Subprocess.run(
            .path(FilePath(command[0])),
            arguments: Arguments(Array(command.dropFirst())),
            environment: .custom(environment),
            output: .discarded
        )
        return result?.terminationStatus.isSuccess == true ? .sandbox : .account
    }

    /// - Parameter folder: all that the program may read beside what is installed; it is there as `/scratch`.
    func command(folder: String, program: String, arguments: [String]) -> [String] {
        switch self {
        case .sandbox: Self.unprivileged + Self.sandbox(folder) + [program] + arguments
        case .account: Self.unprivileged + ["--pdeathsig=KILL", "--", program] + arguments
        }
    }

    /// Where the program finds its folder.
    func path(of folder: String) -> String { self == .sandbox ? "/scratch" : folder }

    private static var unprivileged: [String] {
        let change = ["--reuid=\(nobody)", "--regid=\(nobody)", "--clear-groups"]
        return [Programs.setpriv, "--no-new-privs"] + (getuid() == 0 ? change : [])
    }

    private static func sandbox(_ folder: String) -> [String] {
        var arguments = [
            "--", Programs.bubblewrap, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
            "--ro-bind", "/usr", "/usr",
        ]
        for name in ["/bin", "/lib", "/lib64"] {
            // Links into /usr where the distribution has merged them.
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: name)
            arguments += target.map { ["--symlink", $0, name] } ?? ["--ro-bind-try", name, name]
        }
        for name in ["/etc/fonts", "/etc/ld.so.cache", "/etc/alternatives"] {
            arguments += ["--ro-bind-try", name, name]
        }
        arguments += ["--dev-bind", "/dev/null", "/dev/null", "--dev-bind", "/dev/urandom", "/dev/urandom"]
        // The root is a file system in memory that could be filled, until it is closed last.
        arguments += ["--ro-bind", folder, "/scratch", "--chdir", "/scratch", "--remount-ro", "/", "--"]
        // Counted within its own user namespace.
        return arguments + [Programs.prlimit, "--nproc=16", "--"]
    }

    static let environment: [Environment.Key: String] = [
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        "HOME": "/",
        // One thread a page: the other cores answer people.
        "OMP_THREAD_LIMIT": "1",
        "VIPS_CONCURRENCY": "1",
        "MALLOC_ARENA_MAX": "1",
        // Only the readers of formats that were tried with hostile input.
        "VIPS_BLOCK_UNTRUSTED": "1",
    ]
}

/// Where the programs are that confine and read; Debian's packages put them nowhere else.
enum Programs {
    static let timeout = "/usr/bin/timeout"
    static let nice = "/usr/bin/nice"
    static let prlimit = "/usr/bin/prlimit"
    static let setpriv = "/usr/bin/setpriv"
    static let bubblewrap = "/usr/bin/bwrap"
    static let python = "/usr/bin/python3"
    static let pdfToText = "/usr/bin/pdftotext"
    static let pdfToPicture = "/usr/bin/pdftoppm"
    static let pdfImages = "/usr/bin/pdfimages"
    static let pdfInfo = "/usr/bin/pdfinfo"
    static let pictureToThumbnail = "/usr/bin/vipsthumbnail"
    static let tesseract = "/usr/bin/tesseract"
}
