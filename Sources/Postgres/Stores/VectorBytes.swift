/// Vectors as `vectors.embedding` keeps them: float32, little endian.
extension [UInt8] {
    var floats: [Float] {
        withUnsafeBytes { bytes in
            (0..<bytes.count / 4).map {
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
            }
        }
    }
}

extension [Float] {
    var littleEndianBytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4 * count)
        for number in self { Swift.withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes += $0 } }
        return bytes
    }
}
