import Glibc

/// Holds writers and deleters of a folder apart, across processes: any number of the former, or one of the latter.
enum FolderTurn {
    enum Manner {
        case shared, exclusive
    }

    static func take<Result>(_ folder: String, _ manner: Manner, _ body: () throws -> Result) throws -> Result {
        let file = try OpenFile(anyOf: "\(folder)/.lock")
        while flock(file.descriptor, manner == .shared ? LOCK_SH : LOCK_EX) != 0 {
            guard errno == EINTR else { throw FileFailure.current("flock") }
        }
        // Closing the file gives the lock back.
        return try withExtendedLifetime(file) { try body() }
    }
}
