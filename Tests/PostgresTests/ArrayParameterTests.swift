import Foundation
import Postgres
import TestSupport
import Testing

struct ArrayParameterTests {
    private static let texts = [
        "plain", "with \"quotes\" and \\ slashes", "a,b {c}", "", "Größe 中",
        "\u{301}a mark first,\u{301} and a mark behind a comma",
    ]

    @Test func `arrays arrive as they were, in text and in binary`() async throws {
        try await TestLab.with { lab in
            let id = UUID()
            let date = Date(timeIntervalSince1970: 1_700_000_000.123456)
            let early = Date(timeIntervalSince1970: -1_000_000_000.5)
            let row = try await lab.app.query(
                """
                select \(Self.texts)::text[] as texts, \(BinaryArray.texts(Self.texts))::text[] as binary_texts,
                    \(BinaryArray.uuids([id]))::uuid[] as ids, \(BinaryArray.integers([1, -2]))::integer[] as integers,
                    \(BinaryArray.longs([1 << 40]))::bigint[] as longs,
                    (\(BinaryArray.bytes([[0, 255]]))::bytea[])[1] as bytes,
                    \(date)::timestamptz = (\(BinaryArray.times([date]))::timestamptz[])[1] as is_same_time,
                    \(early)::timestamptz = (\(BinaryArray.times([early]))::timestamptz[])[1] as is_same_early_time
                """
            )[0]

            #expect(try row.get("texts") == Self.texts)
            #expect(try row.get("binary_texts") == Self.texts)
            #expect(try row.get("ids") == [id])
            #expect(try row.get("integers") == [1, -2])
            #expect(try row.get("longs") == [Int64(1) << 40])
            #expect(try row.get("bytes", as: [UInt8].self) == [0, 255])
            #expect(try row.get("is_same_time") == true)
            #expect(try row.get("is_same_early_time") == true)
        }
    }

    @Test func `nulls and empty arrays are what they are`() async throws {
        try await TestLab.with { lab in
            let row = try await lab.app.query(
                """
                select (\(BinaryArray.texts(["a", nil]))::text[])[2] is null as is_null,
                    (\(BinaryArray.uuids([nil]))::uuid[])[1] is null as is_null_too,
                    cardinality(\(BinaryArray.texts([]))::text[]) as count
                """
            )[0]

            #expect(try row.get("is_null") == true)
            #expect(try row.get("is_null_too") == true)
            #expect(try row.get("count") == 0)
        }
    }
}
