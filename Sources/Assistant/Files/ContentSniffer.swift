public import Foundation

/// Recognises types by how their bytes begin. Says nothing where that proves nothing.
public enum ContentSniffer {
    /// Bytes that are enough to see.
    public static let needed = 4096

    public struct Finding: Sendable, Equatable {
        public let type: MediaType
        /// Types that begin in the same way, so that who says one of them may be right.
        let kin: [String]

        public func agrees(with declared: MediaType) -> Bool {
            declared == type || declared.matches(anyOf: kin)
        }
    }

    public static func type(of beginning: Data) -> Finding? {
        let bytes = [UInt8](beginning.prefix(needed))
        for signature in signatures where signature.matches(bytes) {
            return Finding(type: MediaType(signature.type), kin: signature.kin)
        }
        return markup(bytes)
    }

    private struct Signature {
        let type: String
        let magic: [UInt8]
        var offset = 0
        var kin: [String] = []

        func matches(_ bytes: [UInt8]) -> Bool {
            bytes.count >= offset + magic.count && bytes[offset..<offset + magic.count].elementsEqual(magic)
        }
    }

    private static func signature(_ type: String, _ text: StaticString, at offset: Int = 0, kin: [String] = [])
        -> Signature
    {
        Signature(type: type, magic: text.withUTF8Buffer { Array($0) }, offset: offset, kin: kin)
    }

    private static let zipped = [
        "application/vnd.openxmlformats-officedocument.*", "application/vnd.oasis.opendocument.*",
        "application/epub+zip", "application/x-zip-compressed", "application/vnd.ms-*", "application/java-archive",
        "application/*+zip", "model/*", "chemical/*", "application/vnd.apache.*", "application/x-ipynb+json",
        "application/vnd.android.*", "application/x-labsync-*",
    ]
    private static let compound = [
        "application/msword", "application/vnd.ms-*", "application/x-ole-storage", "image/x-olympus-oib",
        "image/vnd.zeiss.czi",
    ]

    /// Magic numbers as the formats' own documents give them. Longer ones come first where one begins like another.
    private static let signatures: [Signature] = [
        Signature(type: "image/png", magic: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], kin: ["image/apng"]),
        Signature(type: "image/jpeg", magic: [0xFF, 0xD8, 0xFF], kin: ["image/jpg", "image/pjpeg"]),
        signature("image/gif", "GIF87a"),
        signature("image/gif", "GIF89a"),
        signature("image/webp", "WEBP", at: 8),
        signature("audio/wav", "WAVE", at: 8, kin: ["audio/*"]),
        signature("video/x-msvideo", "AVI ", at: 8, kin: ["video/*"]),
        Signature(type: "image/tiff", magic: [0x49, 0x49, 0x2A, 0x00], kin: ["image/*", "application/*"]),
        Signature(type: "image/tiff", magic: [0x4D, 0x4D, 0x00, 0x2A], kin: ["image/*", "application/*"]),
        signature("application/pdf", "%PDF-"),
        signature("application/postscript", "%!PS", kin: ["image/*", "application/eps", "application/illustrator"]),
        signature("application/rtf", "{\\rtf", kin: ["text/rtf", "text/richtext"]),
        Signature(type: "application/zip", magic: [0x50, 0x4B, 0x03, 0x04], kin: zipped),
        Signature(type: "application/zip", magic: [0x50, 0x4B, 0x05, 0x06], kin: zipped),
        Signature(
            type: "application/gzip",
            magic: [0x1F, 0x8B, 0x08],
            kin: ["application/*", "image/*", "chemical/*", "text/*"]
        ),
        signature("application/x-bzip2", "BZh", kin: ["application/*"]),
        Signature(type: "application/x-xz", magic: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], kin: ["application/*"]),
        Signature(type: "application/x-7z-compressed", magic: [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
        Signature(type: "application/zstd", magic: [0x28, 0xB5, 0x2F, 0xFD], kin: ["application/*"]),
        signature("application/vnd.rar", "Rar!", kin: ["application/x-rar-compressed"]),
        Signature(
            type: "application/x-ole-storage",
            magic: [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1],
            kin: compound
        ),
        Signature(
            type: "application/x-hdf5",
            magic: [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A],
            kin: ["application/*", "image/*"]
        ),
        signature("application/vnd.sqlite3", "SQLite format 3\0", kin: ["application/*"]),
        signature("video/mp4", "ftyp", at: 4, kin: ["video/*", "audio/*", "image/*", "application/mp4"]),
        Signature(type: "video/webm", magic: [0x1A, 0x45, 0xDF, 0xA3], kin: ["video/*", "audio/*"]),
        signature("audio/ogg", "OggS", kin: ["audio/*", "video/*", "application/ogg"]),
        signature("audio/flac", "fLaC", kin: ["audio/*"]),
        signature("audio/mpeg", "ID3", kin: ["audio/*"]),
        Signature(type: "application/x-executable", magic: [0x7F, 0x45, 0x4C, 0x46]),
        Signature(type: "application/x-mach-binary", magic: [0xCF, 0xFA, 0xED, 0xFE]),
        Signature(type: "application/x-mach-binary", magic: [0xCE, 0xFA, 0xED, 0xFE]),
        Signature(type: "application/x-mach-binary", magic: [0xCA, 0xFE, 0xBA, 0xBE]),
        Signature(type: "application/wasm", magic: [0x00, 0x61, 0x73, 0x6D]),
    ]

    /// Windows' programs, whose two letters alone may begin any text; and what browsers read as pages.
    private static func markup(_ bytes: [UInt8]) -> Finding? {
        if bytes.starts(with: [0x4D, 0x5A]), bytes.contains(0) {
            return Finding(type: MediaType("application/vnd.microsoft.portable-executable"), kin: [])
        }
        var text = bytes[...]
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
        text = text.drop { [0x20, 0x09, 0x0A, 0x0C, 0x0D].contains($0) }
        let start = String(decoding: text.prefix(1024), as: UTF8.self).lowercased()
        if ["<!doctype html", "<html", "<script", "<iframe", "<body"].contains(where: start.hasPrefix) {
            return Finding(type: MediaType("text/html"), kin: ["application/xhtml+xml", "text/plain"])
        }
        if start.hasPrefix("<svg") || start.hasPrefix("<?xml") && start.contains("<svg") {
            return Finding(type: MediaType("image/svg+xml"), kin: ["text/xml", "application/xml", "text/plain"])
        }
        return nil
    }
}
