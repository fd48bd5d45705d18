import Crypto
import Domain
import Foundation

/// How an object is encrypted on the disk: a header, then frames of AES-256-GCM, so that any part can be read alone.
///
/// Each object has a key of its own, derived from the ring's with a random salt. A frame's nonce is its number; the
/// header, the number and whether it is the last are authenticated with it: frames cannot be changed, moved or cut off.
struct Seal {
    /// Bytes of plain text in a frame; the last may have fewer, or none.
    static let frame = 64 << 10
    static let tag = 16
    static let headerSize = 32
    private static let magic = Data("LABSYNC1".utf8)

    let keyID: UInt32
    let header: Data
    private let key: SymmetricKey

    /// A new object's.
    init(_ ring: KeyRing) throws {
        let current = try ring.current()
        let salt = SymmetricKey(size: .bits128).withUnsafeBytes { Data($0) }
        var header = Self.magic
        header.append(bigEndian: current.id)
        header.append(bigEndian: UInt32(Self.frame))
        header += salt
        self.init(header: header, current)
    }

    /// One that begins a file.
    init(header: Data, _ ring: KeyRing) throws {
        guard header.count == Self.headerSize, header.prefix(8) == Self.magic,
            header.bigEndian(at: 12) == UInt32(Self.frame)
        else { throw SealError.damaged }
        self.init(header: header, try ring.key(header.bigEndian(at: 8)))
    }

    private init(header: Data, _ ringKey: KeyRing.Key) {
        self.header = header
        keyID = ringKey.id
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: ringKey.key,
            salt: header.suffix(16),
            info: Data("labsync object".utf8),
            outputByteCount: 32
        )
    }

    func seal(_ plain: Data, number: Int, isLast: Bool, into sealed: inout Data) throws {
        let box = try AES.GCM.seal(
            plain,
            using: key,
            nonce: try nonce(number),
            authenticating: context(number, isLast)
        )
        sealed += box.ciphertext
        sealed += box.tag
    }

    func open(_ sealed: Data, number: Int, isLast: Bool) throws -> Data {
        guard sealed.count >= Self.tag else { throw SealError.damaged }
        do {
            let box = try AES.GCM.SealedBox(
                nonce: try nonce(number),
                ciphertext: sealed.dropLast(Self.tag),
                tag: sealed.suffix(Self.tag)
            )
            return try AES.GCM.open(box, using: key, authenticating: context(number, isLast))
        } catch is CryptoKitError {
            throw SealError.damaged
        }
    }

    private func nonce(_ number: Int) throws -> AES.GCM.Nonce {
        var nonce = Data(count: 4)
        nonce.append(bigEndian: UInt64(number))
        return try AES.GCM.Nonce(data: nonce)
    }

    private func context(_ number: Int, _ isLast: Bool) -> Data {
        var context = header
        context.append(bigEndian: UInt64(number))
        context.append(isLast ? 1 : 0)
        return context
    }

    /// - Parameter stored: bytes of the file.
    static func plainSize(stored: Int) throws -> Int {
        let rest = stored - headerSize
        let frames = max(1, (rest + frame + tag - 1) / (frame + tag))
        guard rest >= frames * tag else { throw SealError.damaged }
        return rest - frames * tag
    }
}

enum SealError: Error {
    /// Somebody or something changed the file.
    case damaged
}

/// Seals what is written, frame by frame.
struct SealWriter {
    private let seal: Seal
    private let file: OpenFile
    private var pending = Data()
    private var number = 0

    init(_ seal: Seal, to file: OpenFile) throws {
        self.seal = seal
        self.file = file
        try file.write(seal.header)
    }

    mutating func write(_ piece: Data) throws {
        pending += piece
        // The last frame is not sealed before it is known to be the last.
        guard pending.count > 8 * Seal.frame else { return }
        try flush(keeping: 1)
    }

    mutating func finish() throws {
        try flush(keeping: 1)
        var sealed = Data()
        try seal.seal(pending, number: number, isLast: true, into: &sealed)
        try file.write(sealed)
    }

    private mutating func flush(keeping least: Int) throws {
        var (sealed, offset) = (Data(), pending.startIndex)
        sealed.reserveCapacity(pending.count + pending.count / Seal.frame * Seal.tag)
        while pending.endIndex - offset >= Seal.frame + least {
            try seal.seal(pending[offset..<offset + Seal.frame], number: number, isLast: false, into: &sealed)
            number += 1
            offset += Seal.frame
        }
        guard offset > pending.startIndex else { return }
        pending = Data(pending[offset...])
        try file.write(sealed)
    }
}

extension Data {
    fileprivate mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    fileprivate func bigEndian(at offset: Int) -> UInt32 {
        dropFirst(offset).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }
}
