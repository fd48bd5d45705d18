import Assistant
import Domain
import Foundation
import Retrieval
import Testing

/// Generated questions over the demo calendar against an oracle that looks at every minute.
struct CalendarQuestionTests {
    /// Days around which clocks change, and ordinary ones; as (year, month, day, hour, minute) UTC.
    private static let moments = [
        (2026, 3, 26, 9, 20), (2026, 10, 23, 13, 5), (2026, 6, 10, 6, 40), (2026, 3, 6, 20, 10), (2026, 12, 30, 11, 0),
        (2026, 10, 31, 15, 30),
    ]

    /// Every zone on the days around its own changes and on one of the others; Berlin on all.
    @Test(arguments: [
        (OracleZone.berlin, Array(moments.indices)), (.newYork, [3, 5]), (.tokyo, [0, 2]), (.utc, [1]),
    ])
    func `ninety-nine of a hundred questions are answered right`(zone: OracleZone, chosen: [Int]) throws {
        var asked = 0
        var wrong: [String] = []
        for (year, month, day, hour, minute) in chosen.map({ Self.moments[$0] }) {
            let today = OracleZone.date(year, month, day)
            let calendar = try DemoCalendar(today: today)
            let oracle = CalendarOracle(
                calendar: calendar,
                zone: zone,
                now: today * 86_400 + hour * 3600 + minute * 60
            )
            for name in ["Priya", "Callum"] {
                let asker = calendar.person(name)
                for item in CalendarQuestionSet(oracle, asker: asker).cases {
                    asked += 1
                    if let fault = fault(item, oracle, asker) { wrong.append("\(item.question): \(fault)") }
                }
            }
        }

        #expect(asked >= 500)
        #expect(Double(wrong.count) <= 0.01 * Double(asked), "\(wrong.count) of \(asked): \(wrong.prefix(12))")
    }

    /// Nil when the answer is right.
    private func fault(_ item: CalendarQuestionSet.Case, _ oracle: CalendarOracle, _ asker: UserID) -> String? {
        guard CalendarQuestion.isConceivable(item.question),
            let question = CalendarQuestion(
                item.question,
                asker: asker,
                vocabulary: oracle.calendar.vocabulary,
                now: Date(timeIntervalSince1970: Double(oracle.now)),
                local: LocalTime(oracle.zone.timeZone)
            )
        else { return "not understood" }
        let answerer = CalendarAnswerer(question)
        let window = answerer.window
        let read = oracle.calendar.entries.filter { entry in
            entry.start.addingTimeInterval(entry.allDay ? -86_400 : 0) <= window.end
                && entry.end.addingTimeInterval(entry.allDay ? 86_400 : 0) >= window.start
        }
        let finding = answerer.finding(read)
        let isRight =
            switch (item.expected, finding) {
            case (.free(let gaps), .availability(let found)): found.map(\.free) == gaps
            case (.moment(let busy), .availability(let found)):
                found.map(\.busy) == busy && found.allSatisfy { $0.busy.isEmpty != $0.free.isEmpty }
            case (.entries(let expected), .entries(let found)): found == expected
            case (.clashes(let expected), .clashes(let found)): Set(found.map(Set.init)) == expected
            case (.missed(let expected), .missed(let found)): found == expected
            default: false
            }
        return isRight
            ? nil : "\(String(describing: finding).prefix(300)) for \(String(describing: item.expected).prefix(300))"
    }

    @Test(arguments: [
        "What is the sequence of the PINK1 guide RNA?", "When is the ordering deadline each week?",
        "Which lot of the p62 antibody is the good one?", "How often may I book the LSM 980 during the week?",
        "When does the zebrafish facility open on Sundays?", "What happened to the freezer Boris?",
        "catalogue number of the EDTA free protease inhibitor tablets", "Who takes care of the plant now?",
        "Who plans parental leave and for how long?", "When is the deadline of the Marie Curie fellowship?",
        "Who won the football match against the Brandt lab?", "When will the confocal laser be replaced next year?",
    ])
    func `what is not about the calendar is left to retrieval`(text: String) throws {
        let today = OracleZone.date(2026, 11, 24)
        let calendar = try DemoCalendar(today: today)
        let question = CalendarQuestion(
            text,
            asker: calendar.person("Priya"),
            vocabulary: calendar.vocabulary,
            now: Date(timeIntervalSince1970: Double(today * 86_400 + 36_000)),
            local: LocalTime(.gmt)
        )

        #expect(question.flatMap { CalendarAnswerer($0).finding(calendar.entries) } == nil)
    }
}
