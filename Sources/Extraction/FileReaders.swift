import Foundation

/// Whether this machine can read files for their text, and how the programs that do are held.
public enum FileReaders {
    private static let packages: [(program: String, package: String)] = [
        (Programs.timeout, "coreutils"), (Programs.prlimit, "util-linux"), (Programs.setpriv, "util-linux"),
        (Programs.python, "python3"), (Programs.pdfToText, "poppler-utils"), (Programs.tesseract, "tesseract-ocr"),
        (Programs.pictureToThumbnail, "libvips-tools"),
    ]

    /// - Throws: `MissingReaders` where a kind of file could not be read.
    public static func check() async throws -> String {
        let missing = packages.filter { !FileManager.default.isExecutableFile(atPath: $0.program) }
        guard missing.isEmpty else { throw MissingReaders(packages: Set(missing.map(\.package)).sorted()) }
        return switch await Confinement.find() {
        case .sandbox: "Poppler, Tesseract, libvips and Python, without network, in a sandbox that sees one file"
        case .account:
            "Poppler, Tesseract, libvips and Python, limited in time and memory, but not in a sandbox: "
                + (FileManager.default.isExecutableFile(atPath: Programs.bubblewrap)
                    ? "this machine does not let bubblewrap make user namespaces"
                    : "install bubblewrap for one that has no network and sees one file only")
        }
    }
}

/// Programs that are not installed.
public struct MissingReaders: Error, CustomStringConvertible {
    let packages: [String]

    public var description: String {
        "Some kinds of file cannot be read for their text or drawn: apt-get install \(packages.joined(separator: " "))"
    }
}
