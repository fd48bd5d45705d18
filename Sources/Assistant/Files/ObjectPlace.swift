/// Where an object is: a bucket and a path in it. Paths are names, never places on a disk.
public struct ObjectPlace: Hashable, Sendable, CustomStringConvertible {
    public let bucket: String
    public let path: String

    /// Bytes of a path.
    public static let longestPath = 1024

    /// Nil for a path that is no key: other characters than S3's safe ones, or parts such as `..`.
    public init?(bucket: String, path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...Self.longestPath).contains(path.utf8.count), path.utf8.allSatisfy(Self.isAllowed),
            !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." })
        else { return nil }
        self.bucket = bucket
        self.path = path
    }

    /// The last part of the path.
    public var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    public var description: String { "\(bucket)/\(path)" }

    public static func isBucketName(_ text: String) -> Bool {
        (1...100).contains(text.utf8.count) && text.utf8.allSatisfy(isAllowed) && !text.contains("/")
            && text.trimmingPrefix(" ").count == text.count && !text.hasSuffix(" ")
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: safe.contains(byte)
        }
    }

    private static let safe = Set("_/!.*'()&$=;:@+,?- ".utf8)
}
