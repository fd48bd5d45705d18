import Glibc

extension [String?] {
    /// Lends the texts as C strings, nil as NULL.
    func withUnsafePointers<Result>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?) throws -> Result
    ) rethrows -> Result {
        let copies = map { $0.map { strdup($0) } ?? nil }
        defer { copies.forEach { free($0) } }
        return try copies.map { UnsafePointer($0) }.withUnsafeBufferPointer { try body($0.baseAddress) }
    }
}

extension [(String, String)] {
    func withUnsafePointers<Result>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<UnsafePointer<CChar>?>?) -> Result
    ) -> Result {
        let keys: [String?] = map(\.0) + [nil]
        let values: [String?] = map(\.1) + [nil]
        return keys.withUnsafePointers { keys in values.withUnsafePointers { values in body(keys, values) } }
    }
}

extension [Statement.Parameter] {
    /// Lends them as libpq wants them: values, lengths of the binary ones, and which those are.
    func lend<Result>(
        _ body: (
            Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
        ) throws -> Result
    ) rethrows -> Result {
        var lengths: [Int32] = []
        var formats: [Int32] = []
        let copies = map { parameter -> UnsafeMutablePointer<CChar>? in
            switch parameter {
            case .text(let text):
                lengths.append(0)
                formats.append(0)
                return text.map { strdup($0) } ?? nil
            case .binary(let bytes):
                lengths.append(Int32(bytes.count))
                formats.append(1)
                guard let copy = malloc(bytes.count) else { return nil }
                bytes.withUnsafeBytes {
                    UnsafeMutableRawBufferPointer(start: copy, count: $0.count).copyMemory(from: $0)
                }
                return copy.assumingMemoryBound(to: CChar.self)
            }
        }
        defer { copies.forEach { free($0) } }
        let values: [UnsafePointer<CChar>?] = copies.map { $0.map { UnsafePointer($0) } }
        return try values.withUnsafeBufferPointer { try body(Int32(count), $0.baseAddress, lengths, formats) }
    }
}
