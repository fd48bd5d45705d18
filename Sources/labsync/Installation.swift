import Foundation

/// Finds what is shipped beside the program: the model, prompts and fixtures.
enum Installation {
    /// In the current folder, else in the one that the program was built in.
    static func folder(_ name: String) -> String {
        let candidates = [".", root].map { "\($0)/\(name)" }
        return candidates.first { FileManager.default.fileExists(atPath: $0) } ?? name
    }

    /// `<root>/.build/<triple>/release/labsync` was run.
    private static var root: String {
        var folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        while folder.pathComponents.count > 1 {
            folder.deleteLastPathComponent()
            if folder.lastPathComponent == ".build" { return folder.deletingLastPathComponent().path }
        }
        return "."
    }
}
