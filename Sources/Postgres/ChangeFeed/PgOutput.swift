import Assistant
import Domain
import Foundation

/// Reads the messages of the pgoutput plugin, protocol version 1 (PostgreSQL manual, 55.9): a transaction is sent when it
/// has committed, so that what a begin opens is never taken back.
struct PgOutput {
    private struct Relation {
        let shape: TableShape
        let use: Use
    }

    /// What a table's changes are for.
    private enum Use {
        case index
        case generations
        case audience
        case content
        case identity
        case nothing
    }

    private var relations: [UInt32: Relation] = [:]
    private var commit = FeedCommit()

    /// The transaction, when this message ended it.
    mutating func take(_ message: ArraySlice<UInt8>) throws -> FeedCommit? {
        var reader = ByteReader(message)
        switch try reader.byte() {
        case UInt8(ascii: "B"):
            let position = try reader.uint64()
            // Microseconds since 2000.
            let time = Int64(bitPattern: try reader.uint64()) + 946_684_800_000_000
            commit = FeedCommit(transaction: try reader.uint32(), position: position, time: time)
        case UInt8(ascii: "C"):
            defer { commit = FeedCommit() }
            return commit
        case UInt8(ascii: "R"): try readRelation(&reader)
        case UInt8(ascii: "I"), UInt8(ascii: "U"), UInt8(ascii: "D"): try readChange(&reader)
        case UInt8(ascii: "T"): try readTruncation(&reader)
        default: break
        }
        return nil
    }

    /// Comes before a table's first change and again after its definition changed.
    private mutating func readRelation(_ reader: inout ByteReader) throws {
        let id = try reader.uint32()
        let schema = try reader.text()
        let name = try reader.text()
        _ = try reader.byte()
        let columns = try (0..<(try reader.uint16())).map { _ in
            _ = try reader.byte()
            let column = try reader.text()
            let type = try reader.uint32()
            _ = try reader.uint32()
            return TableShape.Column(name: column, type: PgTypes.name(type))
        }
        // Their schema is the default one where the name is empty: `pg_catalog`, of which nothing is published.
        let shape = TableShape(schema: schema, name: name, columns: columns)
        relations[id] = Relation(shape: shape, use: schema == "public" ? Self.use(name) : .nothing)
    }

    private static func use(_ table: String) -> Use {
        switch table {
        case "chunks": .index
        case "index_generations": .generations
        case "sessions", "personal_tokens": .identity
        default:
            if AudienceTable(rawValue: table) != nil {
                .audience
            } else if RealtimeTable(rawValue: table) != nil {
                .content
            } else {
                .nothing
            }
        }
    }

    private mutating func readChange(_ reader: inout ByteReader) throws {
        guard let relation = relations[try reader.uint32()] else { throw ByteReader.Malformed() }
        switch relation.use {
        case .nothing: break
        case .generations: commit.changedGenerations = true
        case .index:
            // One tuple, or for an update the old and the new one.
            while !reader.isAtEnd {
                _ = try reader.byte()
                try note(try readTuple(&reader, relation.shape))
            }
        case .audience, .identity: commit.add(try readRows(&reader, relation.shape), isContent: false)
        case .content: commit.add(try readRows(&reader, relation.shape), isContent: true)
        }
    }

    private mutating func readTruncation(_ reader: inout ByteReader) throws {
        let count = try reader.uint32()
        _ = try reader.byte()
        for _ in 0..<count {
            switch relations[try reader.uint32()]?.use {
            case .index, .generations: commit.changedGenerations = true
            case .nothing, nil: break
            default: commit.wasTruncated = true
            }
        }
    }

    private mutating func note(_ chunk: Tuple) throws {
        guard let kind = chunk.row["source_kind"].flatMap(SourceKind.init(rawValue:)),
            let id = chunk.row["source_id"].flatMap(UUID.init(uuidString:))
        else { throw ByteReader.Malformed() }
        commit.sources.insert(SourceReference(kind: kind, id: id))
    }

    private func readRows(_ reader: inout ByteReader, _ shape: TableShape) throws -> RowChange {
        var old: FeedRow?
        var new: FeedRow?
        while !reader.isAtEnd {
            // K and O: the old row's key or all of it; N: the new row.
            let isNew = try reader.byte() == UInt8(ascii: "N")
            let tuple = try readTuple(&reader, shape)
            if isNew { new = tuple.filled(from: old) } else { old = tuple.row }
        }
        // Before an update that left the key alone the old row is not told where the key alone is the identity.
        guard new != nil || old != nil else { throw ByteReader.Malformed() }
        return RowChange(old: old, new: new)
    }

    private struct Tuple {
        let row: FeedRow
        /// Columns that were not sent, since the update left them alone and they are stored elsewhere.
        let unchanged: [Int]

        func filled(from old: FeedRow?) -> FeedRow {
            guard !unchanged.isEmpty, let old else { return row }
            var values = row.values
            for position in unchanged where position < old.values.count { values[position] = old.values[position] }
            return FeedRow(shape: row.shape, values: values)
        }
    }

    private func readTuple(_ reader: inout ByteReader, _ shape: TableShape) throws -> Tuple {
        let count = Int(try reader.uint16())
        var values: [String?] = []
        values.reserveCapacity(count)
        var unchanged: [Int] = []
        for position in 0..<count {
            // n: null, u: unchanged and stored elsewhere, t: text.
            switch try reader.byte() {
            case UInt8(ascii: "t"):
                values.append(String(decoding: try reader.bytes(Int(try reader.uint32())), as: UTF8.self))
            case UInt8(ascii: "u"):
                unchanged.append(position)
                values.append(nil)
            default: values.append(nil)
            }
        }
        return Tuple(row: FeedRow(shape: shape, values: values), unchanged: unchanged)
    }
}
