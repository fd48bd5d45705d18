import Foundation
import Retrieval
import Testing

struct TimeExpressionsTests {
    /// Wednesday, 4 March 2026, 15:00 in Berlin.
    private let now = Date(timeIntervalSince1970: 1_772_632_800)
    private let berlin = TimeZone(identifier: "Europe/Berlin") ?? .gmt

    private func ranges(_ query: String, _ zone: TimeZone? = nil) -> [String] {
        let zone = zone ?? berlin
        var style = Date.ISO8601FormatStyle(timeZone: zone)
        style = style.year().month().day().time(includingFractionalSeconds: false)
        return TimeExpressions.ranges(in: query, now: now, timeZone: zone).map { range in
            let ends = [range.lowerBound, range.upperBound].map { String($0.formatted(style).dropLast(3)) }
            return ends.map { $0.hasSuffix("T00:00") ? String($0.dropLast(6)) : $0 }.joined(separator: " ")
        }
    }

    @Test(arguments: [
        ("what happened yesterday?", "2026-03-03 2026-03-04"),
        ("is it free tomorrow", "2026-03-05 2026-03-06"),
        ("who had the hood today", "2026-03-04 2026-03-05"),
        ("what did Priya say last Tuesday?", "2026-03-03 2026-03-04"),
        ("what did we decide on Friday?", "2026-02-27 2026-02-28"),
        ("what is planned for Friday", "2026-03-06 2026-03-07"),
        ("who will be there tomorrow 3 pm", "2026-03-05T15:00 2026-03-05T15:01"),
        ("what was ordered last week", "2026-02-23 2026-03-02"),
        ("what was broken last night?", "2026-03-03T22:00 2026-03-04T06:00"),
        ("which samples were sent 3 months ago", "2025-12-01 2026-01-01"),
        ("what was published last year", "2025-01-01 2026-01-01"),
        ("what did we try in 2023", "2023-01-01 2024-01-01"),
        ("which antibody was bought in March 2025", "2025-03-01 2025-04-01"),
        ("what was said on 7 May 2025", "2025-05-07 2025-05-08"),
        ("what was said since Monday", "2026-03-02 2026-03-04T15:00"),
        ("what was done over the last 3 days", "2026-03-01T15:00 2026-03-04T15:00"),
        ("what is coming on 29 March", "2026-03-29 2026-03-30"),
    ])
    func `a time is resolved in the asker's zone, in the tense of the question`(query: String, expected: String) {
        #expect(ranges(query) == [expected])
    }

    @Test func `a question that tells no tense means the time before and the one to come`() {
        #expect(ranges("budget in May") == ["2025-05-01 2025-06-01", "2026-05-01 2026-06-01"])
        #expect(ranges("freezer Monday") == ["2026-03-02 2026-03-03", "2026-03-09 2026-03-10"])
    }

    @Test func `the same words mean another day elsewhere`() throws {
        let auckland = try #require(TimeZone(identifier: "Pacific/Auckland"))

        #expect(ranges("what happened yesterday?", auckland) == ["2026-03-04 2026-03-05"])
    }

    @Test func `a day on which clocks change is as long as it is`() throws {
        let range = try #require(
            TimeExpressions.ranges(in: "what is planned on 29 March", now: now, timeZone: berlin).first
        )

        #expect(range.upperBound.timeIntervalSince(range.lowerBound) == 23 * 3600)
    }

    @Test(arguments: [
        "which buffer is it", "spin at 2000 rpm", "may I use the hood", "where is the sun lamp",
        "march of the penguins",
    ])
    func `a question without a time has none`(query: String) {
        #expect(ranges(query).isEmpty)
    }
}
