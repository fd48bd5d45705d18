import Domain
import Foundation

/// Reads the messages of the pgoutput plugin, protocol version 1 (PostgreSQL manual, 55.9), as far as the index needs:
/// which sources' chunks changed in a transaction, and whether another generation serves.
struct PgOutput {
    /// What one transaction changed.
    struct Commit: Sendable {
        /// Its id, modulo 2^32 as the feed has it.
        var transaction: UInt32 = 0
        var sources: Set<SourceReference> = []
        var changedGenerations = false
    }

    private struct Relation {
        let name: String
        let columns: [String]
    }

    private var relations: [UInt32: Relation] = [:]
    private var commit = Commit()

    /// The transaction, when this message ended it.
    mutating func take(_ message: [UInt8]) throws -> Commit? {
        var reader = ByteReader(message)
        switch try reader.byte() {
        case UInt8(ascii: "B"):
            // After the commit's position and time.
            _ = try reader.bytes(16)
            commit = Commit(transaction: try reader.uint32())
        case UInt8(ascii: "C"): return commit
        case UInt8(ascii: "R"): try readRelation(&reader)
        case UInt8(ascii: "I"), UInt8(ascii: "U"), UInt8(ascii: "D"): try readChange(&reader)
        case UInt8(ascii: "T"): commit.changedGenerations = true
        default: break
        }
        return nil
    }

    private mutating func readRelation(_ reader: inout ByteReader) throws {
        let id = try reader.uint32()
        _ = try reader.text()
        let name = try reader.text()
        _ = try reader.byte()
        let columns = try (0..<(try reader.uint16())).map { _ in
            _ = try reader.byte()
            let column = try reader.text()
            _ = try reader.uint32()
            _ = try reader.uint32()
            return column
        }
        relations[id] = Relation(name: name, columns: columns)
    }

    private mutating func readChange(_ reader: inout ByteReader) throws {
        guard let relation = relations[try reader.uint32()] else { throw ByteReader.Malformed() }
        switch relation.name {
        case "index_generations": commit.changedGenerations = true
        case "chunks":
            // One tuple, or for an update the old and the new one.
            while !reader.isAtEnd {
                _ = try reader.byte()
                try note(try readTuple(&reader, relation.columns))
            }
        default: break
        }
    }

    private mutating func note(_ values: [String: String]) throws {
        guard let kind = values["source_kind"].flatMap(SourceKind.init(rawValue:)),
            let id = values["source_id"].flatMap(UUID.init(uuidString:))
        else { throw ByteReader.Malformed() }
        commit.sources.insert(SourceReference(kind: kind, id: id))
    }

    private func readTuple(_ reader: inout ByteReader, _ columns: [String]) throws -> [String: String] {
        var values: [String: String] = [:]
        for index in 0..<Int(try reader.uint16()) {
            // n: null, u: unchanged and stored elsewhere, t: text.
            guard try reader.byte() == UInt8(ascii: "t") else { continue }
            let text = try reader.bytes(Int(try reader.uint32()))
            if index < columns.count { values[columns[index]] = String(decoding: text, as: UTF8.self) }
        }
        return values
    }
}

/// Big-endian numbers and zero-terminated texts, one after the other.
struct ByteReader {
    struct Malformed: Error {}

    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func bytes(_ count: Int) throws -> ArraySlice<UInt8> {
        guard count >= 0, rest.count >= count else { throw Malformed() }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func byte() throws -> UInt8 { try bytes(1).first ?? 0 }
    mutating func uint16() throws -> UInt16 { try bytes(2).reduce(0) { $0 << 8 | UInt16($1) } }
    mutating func uint32() throws -> UInt32 { try bytes(4).reduce(0) { $0 << 8 | UInt32($1) } }
    mutating func uint64() throws -> UInt64 { try bytes(8).reduce(0) { $0 << 8 | UInt64($1) } }

    mutating func text() throws -> String {
        guard let end = rest.firstIndex(of: 0) else { throw Malformed() }
        defer { rest = rest[(end + 1)...] }
        return String(decoding: rest[..<end], as: UTF8.self)
    }
}
