import Foundation

/// One row of `copy … to stdout (format binary)`: its columns are taken in order, and valid only while it is lent.
struct CopyRow {
    private var rest: UnsafeRawBufferPointer

    /// What precedes the first row of a copy: signature, flags, and the length of nothing more.
    static let headerSize = 19

    /// Nil at the end of the copy.
    init?(_ bytes: UnsafeRawBufferPointer) {
        rest = bytes
        guard let columns = try? number(as: Int16.self), columns >= 0 else { return nil }
    }

    mutating func int64() throws -> Int64 { try column { try $0.number() } }
    mutating func int32() throws -> Int32 { try column { try $0.number() } }
    mutating func uuid() throws -> UUID { try column { try $0.wholeUUID() } }
    mutating func optionalUUID() throws -> UUID? { try optional { try $0.wholeUUID() } }
    mutating func text() throws -> String { try column { String(decoding: $0.rest, as: UTF8.self) } }
    mutating func optionalText() throws -> String? { try optional { String(decoding: $0.rest, as: UTF8.self) } }
    mutating func bytes() throws -> [UInt8]? { try optional { Array($0.rest) } }
    /// Valid as long as the row; nil is null.
    mutating func raw() throws -> UnsafeRawBufferPointer? { try optional { $0.rest } }
    mutating func date() throws -> Date { try column { try $0.wholeDate() } }
    mutating func optionalDate() throws -> Date? { try optional { try $0.wholeDate() } }

    /// Float32, little endian, as vectors are stored.
    mutating func floats() throws -> [Float]? {
        try optional { column in
            [Float](unsafeUninitializedCapacity: column.rest.count / 4) { numbers, count in
                count = column.rest.count / 4
                for index in 0..<count {
                    let bits = column.rest.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
                    numbers[index] = Float(bitPattern: UInt32(littleEndian: bits))
                }
            }
        }
    }

    private mutating func column<Value>(_ read: (inout CopyRow) throws -> Value) throws -> Value {
        guard let value = try optional(read) else { throw PostgresError.unexpectedNull("copied column") }
        return value
    }

    private mutating func optional<Value>(_ read: (inout CopyRow) throws -> Value) throws -> Value? {
        let length = Int(try number(as: Int32.self))
        guard length >= 0 else { return nil }
        guard rest.count >= length else { throw PostgresError.undecodable("copied row") }
        var column = self
        column.rest = UnsafeRawBufferPointer(rebasing: rest[..<length])
        rest = UnsafeRawBufferPointer(rebasing: rest[length...])
        return try read(&column)
    }

    /// Big endian.
    private mutating func number<Number: FixedWidthInteger>(as type: Number.Type = Number.self) throws -> Number {
        let size = MemoryLayout<Number>.size
        guard rest.count >= size else { throw PostgresError.undecodable("copied row") }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest[size...]) }
        return Number(bigEndian: rest.loadUnaligned(as: Number.self))
    }

    private mutating func wholeUUID() throws -> UUID {
        guard rest.count == 16 else { throw PostgresError.undecodable("copied uuid") }
        return UUID(uuid: rest.loadUnaligned(as: uuid_t.self))
    }

    /// Microseconds since 2000.
    private mutating func wholeDate() throws -> Date {
        Date(timeIntervalSince1970: 946_684_800 + Double(try number(as: Int64.self)) / 1e6)
    }
}
