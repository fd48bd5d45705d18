import Foundation
import Retrieval
import Testing

struct TimeExpressionsTests {
    /// Wednesday, 4 March 2026, 15:00 in Berlin.
    private let now = Date(timeIntervalSince1970: 1_772_632_800)
    private let berlin = TimeZone(identifier: "Europe/Berlin") ?? .gmt

    private func day(_ query: String) -> String? {
        TimeExpressions.ranges(in: query, now: now, timeZone: berlin).first.map { range in
            var format = Date.ISO8601FormatStyle(timeZone: berlin)
            format = format.year().month().day()
            return range.lowerBound.formatted(format)
        }
    }

    @Test(arguments: [
        ("what happened yesterday?", "2026-03-03"),
        ("is it free tomorrow", "2026-03-05"),
        ("who has the hood today", "2026-03-04"),
    ])
    func `days are counted in the asker's zone`(query: String, expected: String) {
        #expect(day(query) == expected)
    }

    @Test func `a question without a time has none`() {
        #expect(TimeExpressions.ranges(in: "which buffer is it", now: now, timeZone: berlin).isEmpty)
    }
}
