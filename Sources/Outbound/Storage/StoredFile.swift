import Domain
import Foundation
import Glibc

/// An object's file that is open for reading, sealed or plain.
final class StoredFile: Sendable {
    let file: OpenFile
    /// Bytes, as they were before they were sealed.
    let size: Int
    private let seal: Seal?

    /// The sealed one where there are two: it was written later. Throws `PublicError(.notFound)` where there is none.
    convenience init(_ path: String, _ ring: KeyRing?) throws {
        do {
            try self.init(OpenFile(reading: LocalObjectStore.sealed(path)), sealedWith: ring)
        } catch let error as PublicError where error == .contentMissing {
            try self.init(plain: OpenFile(reading: path))
        }
    }

    init(_ file: OpenFile, sealedWith ring: KeyRing?) throws {
        guard let ring else { throw SealError.damaged }
        self.file = file
        seal = try Seal(header: try file.read(from: 0, count: Seal.headerSize), ring)
        size = try Seal.plainSize(stored: try file.size())
    }

    init(plain file: OpenFile) throws {
        self.file = file
        seal = nil
        size = try file.size()
    }

    var keyID: UInt32? { seal?.keyID }

    /// Shorter at the object's end.
    func read(from offset: Int, count: Int) throws -> Data {
        guard offset < size, count > 0 else { return Data() }
        let end = offset + min(count, size - offset)
        guard let seal else { return try file.read(from: offset, count: end - offset) }
        let (first, last) = (offset / Seal.frame, (end - 1) / Seal.frame)
        let lastOfAll = max(0, size - 1) / Seal.frame
        let stride = Seal.frame + Seal.tag
        let sealed = try file.read(from: Seal.headerSize + first * stride, count: (last - first + 1) * stride)
        var plain = Data(capacity: (last - first + 1) * Seal.frame)
        for number in first...last {
            let start = sealed.startIndex + (number - first) * stride
            guard start < sealed.endIndex else { throw SealError.damaged }
            let frame = sealed[start..<min(start + stride, sealed.endIndex)]
            plain += try seal.open(frame, number: number, isLast: number == lastOfAll)
        }
        guard first > 0 || offset > 0 || plain.count > end else { return plain }
        let skipped = offset - first * Seal.frame
        guard plain.count >= skipped + end - offset else { throw SealError.damaged }
        return plain.dropFirst(skipped).prefix(end - offset)
    }
}
