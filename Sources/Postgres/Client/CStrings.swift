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
