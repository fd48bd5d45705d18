import Domain
import Foundation
import Glibc

/// A file that is open; closed when it is let go. Its calls wait for the disk: only `FileThreads` make them.
final class OpenFile: Sendable {
    let descriptor: CInt

    /// Throws `PublicError(.notFound)` where there is none.
    init(reading path: String) throws {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw errno == ENOENT ? PublicError.contentMissing : FileFailure.current("open") }
    }

    /// A new file, for its maker's eyes.
    init(creating path: String) throws {
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileFailure.current("create") }
    }

    /// A folder, to have its entries written.
    init(folder path: String) throws {
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure.current("open") }
    }

    /// Made when missing.
    init(anyOf path: String) throws {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileFailure.current("open") }
    }

    deinit { close(descriptor) }

    func write(_ bytes: Data) throws {
        try bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let count = Glibc.write(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
                if count < 0 {
                    guard errno == EINTR else { throw FileFailure.current("write") }
                } else {
                    written += count
                }
            }
        }
    }

    /// Shorter at the file's end.
    func read(from offset: Int, count: Int) throws -> Data {
        guard count > 0 else { return Data() }
        var data = Data(count: count)
        var got = 0
        try data.withUnsafeMutableBytes { buffer in
            while got < count {
                let more = pread(descriptor, buffer.baseAddress.map { $0 + got }, count - got, off_t(offset + got))
                if more == 0 { return }
                if more < 0 {
                    guard errno == EINTR else { throw FileFailure.current("read") }
                } else {
                    got += more
                }
            }
        }
        return got == count ? data : data.prefix(got)
    }

    /// Bytes.
    func size() throws -> Int { Int(try status().st_size) }

    func isSame(as other: OpenFile) throws -> Bool {
        let (one, another) = (try status(), try other.status())
        return one.st_ino == another.st_ino && one.st_dev == another.st_dev
    }

    func copyTimes(from other: OpenFile) throws {
        let found = try other.status()
        guard futimens(descriptor, [found.st_atim, found.st_mtim]) == 0 else { throw FileFailure.current("futimens") }
    }

    private func status() throws -> stat {
        var found = stat()
        guard fstat(descriptor, &found) == 0 else { throw FileFailure.current("stat") }
        return found
    }

    /// Returns when the disk has it.
    func synchronize() throws {
        guard fsync(descriptor) == 0 else { throw FileFailure.current("fsync") }
    }
}

/// What the operating system refused.
struct FileFailure: Error, CustomStringConvertible {
    let call: String
    let code: CInt

    static func current(_ call: String) -> FileFailure { FileFailure(call: call, code: errno) }

    var isOutOfSpace: Bool { code == ENOSPC || code == EDQUOT }

    var description: String { "\(call): \(String(cString: strerror(code)))" }
}
