public import Foundation

/// A one-dimensional array as a parameter in PostgreSQL's binary format: many rows' values without a text for each.
///
/// The statement must cast it to the array type that it is of: `\(array)::uuid[]`.
public struct BinaryArray: Sendable {
    let bytes: [UInt8]

    private init<Elements: Collection>(
        _ elements: Elements,
        type: UInt32,
        width: Int,
        _ append: (Elements.Element, inout [UInt8]) -> Bool
    ) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20 + elements.count * (4 + width))
        // Dimensions, whether there are nulls, the elements' type; then length and first index of the one dimension.
        bytes.append(Int32(elements.isEmpty ? 0 : 1))
        bytes.append(Int32(0))
        bytes.append(type)
        if !elements.isEmpty {
            bytes.append(Int32(elements.count))
            bytes.append(Int32(1))
        }
        for element in elements {
            let place = bytes.count
            bytes.append(Int32(-1))
            guard append(element, &bytes) else { continue }
            let length = UInt32(bytes.count - place - 4)
            for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * index)) }
        }
        self.bytes = bytes
    }

    // The types' numbers are fixed: pg_type.dat.

    public static func texts(_ items: [String?]) -> BinaryArray {
        BinaryArray(items, type: 25, width: 32) { item, bytes in
            guard let item else { return false }
            bytes += item.utf8
            return true
        }
    }

    public static func uuids(_ items: [UUID?]) -> BinaryArray {
        BinaryArray(items, type: 2950, width: 16) { item, bytes in
            guard let item else { return false }
            withUnsafeBytes(of: item.uuid) { bytes += $0 }
            return true
        }
    }

    public static func longs(_ items: [Int64]) -> BinaryArray {
        BinaryArray(items, type: 20, width: 8) { item, bytes in
            bytes.append(item)
            return true
        }
    }

    public static func integers(_ items: [Int]) -> BinaryArray {
        BinaryArray(items, type: 23, width: 4) { item, bytes in
            bytes.append(Int32(item))
            return true
        }
    }

    public static func bytes(_ items: [[UInt8]]) -> BinaryArray {
        BinaryArray(items, type: 17, width: items.first?.count ?? 0) { item, bytes in
            bytes += item
            return true
        }
    }

    /// Microseconds since 2000, as `timestamptz` has them.
    public static func times(_ items: [Date?]) -> BinaryArray {
        BinaryArray(items, type: 1184, width: 8) { item, bytes in
            guard let item else { return false }
            let microseconds = (item.timeIntervalSince1970 * 1e6).rounded()
            bytes.append(Int64(microseconds) - 946_684_800_000_000)
            return true
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.bigEndian) { self += $0 }
    }
}
