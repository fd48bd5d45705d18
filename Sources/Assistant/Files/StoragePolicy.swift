import Domain
public import Foundation

/// How large a file may be, and of which types.
public struct StoragePolicy: Sendable {
    /// Bytes of one file.
    public let largestFile: Int
    /// Such as `image/*`, `application/pdf` and `application/vnd.ms-*`.
    public let allowedTypes: [String]

    public init(largestFile: Int, allowedTypes: [String] = StoragePolicy.usualTypes) {
        self.largestFile = largestFile
        self.allowedTypes = allowedTypes
    }

    /// What people of a lab share. Programs are not among them, nor documents with macros.
    public static let usualTypes = [
        "text/*", "image/*", "audio/*", "video/*", "font/*", "model/*", "chemical/*", "message/*", "multipart/*",
        "application/octet-stream", "application/pdf", "application/json", "application/*+json", "application/xml",
        "application/*+xml", "application/x-ndjson", "application/jsonl", "application/yaml", "application/x-yaml",
        "application/toml", "application/sql", "application/rtf", "application/postscript", "application/epub+zip",
        "application/msword", "application/x-ole-storage", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
        "application/vnd.ms-outlook",
        "application/vnd.openxmlformats-officedocument.*", "application/vnd.oasis.opendocument.*",
        "application/zip", "application/x-zip-compressed", "application/gzip", "application/x-gzip",
        "application/x-tar", "application/x-bzip2", "application/x-xz", "application/x-7z-compressed",
        "application/zstd", "application/vnd.rar", "application/x-rar-compressed", "application/dicom",
        "application/x-hdf5", "application/x-hdf", "application/netcdf", "application/x-netcdf", "application/fits",
        "application/vnd.sqlite3", "application/x-sqlite3", "application/vnd.apache.*", "application/x-parquet",
        "application/x-matlab-data", "application/x-tex", "application/x-latex", "application/x-bibtex",
        "application/x-python-code", "application/x-ipynb+json", "application/x-r-data", "application/x-labsync-*",
        "application/javascript", "application/typescript", "application/csv", "application/ogg", "application/mp4",
        "application/protobuf", "application/cbor", "application/geo+json", "application/mathml",
    ]

    public func requireAllowed(_ contentType: String) throws {
        let type = MediaType(contentType)
        guard type.matches(anyOf: allowedTypes) else {
            throw PublicError(
                .unsupportedType,
                "This lab takes no files of the type \(type). Its operator sets those it takes in LABSYNC_ALLOWED_TYPES."
            )
        }
    }

    /// The type that bytes are stored as: what was said of them, unless they say otherwise themselves.
    ///
    /// - Parameter beginning: their first `ContentSniffer.needed`, or all of them.
    public func type(saying declared: String, of beginning: Data) throws -> String {
        var type = declared
        if let sniffed = ContentSniffer.type(of: beginning), !sniffed.agrees(with: MediaType(declared)) {
            type = sniffed.type.description
        }
        try requireAllowed(type)
        return type
    }
}

/// Bytes that files may take; zero is without limit.
public struct StorageQuota: Sendable {
    public let perUser: Int
    public let perLab: Int

    public static let none = StorageQuota(perUser: 0, perLab: 0)

    public init(perUser: Int, perLab: Int) {
        self.perUser = perUser
        self.perLab = perLab
    }
}
