import Foundation
import Glibc

/// An advisory lock on a file, held until it is released or the process ends, however it ends.
public final class FolderLock: Sendable {
    public enum Mode: Sendable {
        case shared
        case exclusive
    }

    private let descriptor: Int32

    /// Nil when somebody else holds it in a way that excludes this.
    public init?(path: String, mode: Mode) throws {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ClusterError("Cannot write \(path): \(String(cString: strerror(errno))).") }
        guard flock(descriptor, (mode == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
    }

    /// Waits for the lock, looking again every 50 ms.
    static func acquire(path: String, mode: Mode, within limit: Duration) async throws -> FolderLock {
        let deadline = ContinuousClock.now + limit
        while true {
            if let lock = try FolderLock(path: path, mode: mode) { return lock }
            guard .now < deadline else { throw ClusterError("Another process has held \(path) for \(limit).") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Turns a shared lock into the only one; false when others share it.
    func becomeExclusive() -> Bool {
        flock(descriptor, LOCK_EX | LOCK_NB) == 0
    }

    /// Notes who holds it, for whoever finds it taken.
    public func write(_ text: String) {
        ftruncate(descriptor, 0)
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }

    deinit { close(descriptor) }
}

/// Why the embedded database cannot be used, as a sentence for whoever runs Labsync.
public struct ClusterError: Error, CustomStringConvertible, Sendable {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
