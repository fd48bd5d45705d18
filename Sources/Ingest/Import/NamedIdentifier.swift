import Crypto
import Foundation

/// Ids made from foreign ones (UUID version 5, RFC 9562), so that what is imported again is known again.
enum NamedIdentifier {
    /// Labsync's own namespace.
    private static let namespace: [UInt8] = [
        0x6f, 0x1d, 0x5f, 0x1c, 0x0a, 0x6b, 0x4d, 0x0e, 0x9a, 0x53, 0x7c, 0x1e, 0x2b, 0x9d, 0x40, 0x11,
    ]

    static func uuid(_ name: String) -> UUID {
        var bytes = Array(Insecure.SHA1.hash(data: namespace + Array(name.utf8)).prefix(16))
        bytes[6] = bytes[6] & 0x0f | 0x50
        bytes[8] = bytes[8] & 0x3f | 0x80
        return bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }
}
