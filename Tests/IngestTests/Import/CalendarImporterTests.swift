import Domain
import Foundation
import Ingest
import Synchronization
import Testing

struct CalendarImporterTests {
    private static let owner = UserID()
    private static let ana = UUID()

    /// Keeps what it was given.
    private final class Schedule: CalendarSink {
        private let kept = Mutex<[ImportedEvent]>([])
        var events: [ImportedEvent] { kept.withLock { $0 } }

        func store(_ events: [ImportedEvent]) async throws -> CalendarChanges {
            kept.withLock { $0 += events }
            return CalendarChanges(added: events.reduce(0) { $0 + $1.occurrences.count })
        }
    }

    private func imported(_ lines: String, now: String = "2026-03-01T00:00:00Z") async throws -> (
        events: [ImportedEvent], report: CalendarImporter.Report
    ) {
        let path = "\(NSTemporaryDirectory())labsync-\(UUID().uuidString).ics"
        try "BEGIN:VCALENDAR\nVERSION:2.0\n\(lines)\nEND:VCALENDAR\n".write(
            toFile: path,
            atomically: true,
            encoding: .utf8
        )
        defer { try? FileManager.default.removeItem(atPath: path) }
        let schedule = Schedule()
        let importer = CalendarImporter(
            sink: schedule,
            members: ["ana@lab.example": Self.ana],
            owner: Self.owner,
            zone: try #require(TimeZone(identifier: "Europe/Berlin")),
            now: try Date(now, strategy: .iso8601)
        )
        let report = try await importer.importFile(path)
        return (schedule.events, report)
    }

    private func starts(_ lines: String, now: String = "2026-03-01T00:00:00Z") async throws -> [String] {
        try await imported("BEGIN:VEVENT\nUID:e\nSUMMARY:x\n\(lines)\nEND:VEVENT", now: now).events
            .flatMap(\.occurrences).map { $0.start.formatted(.iso8601) }
    }

    @Test func `an event is taken in with its words, people and place`() async throws {
        let event = try await imported(
            """
            BEGIN:VEVENT
            UID:1@cal
            SUMMARY:Group meeting\\, weekly
            DESCRIPTION:Agenda:\\n- buffers and what else
              is left
            LOCATION:Room 4
            DTSTART;TZID=Europe/Berlin:20260310T090000
            DURATION:PT1H30M
            ORGANIZER:mailto:somebody@else.example
            ATTENDEE;CN="Ana: the boss";PARTSTAT=ACCEPTED:MAILTO:Ana@lab.example
            BEGIN:VALARM
            TRIGGER:-PT15M
            DESCRIPTION:not this
            END:VALARM
            END:VEVENT
            """
        ).events.first?.occurrences.first

        #expect(event?.title == "Group meeting, weekly")
        #expect(event?.description == "Agenda:\n- buffers and what else is left")
        #expect(event?.resource == "Room 4")
        #expect(event?.start.formatted(.iso8601) == "2026-03-10T08:00:00Z")
        #expect(event?.end.formatted(.iso8601) == "2026-03-10T09:30:00Z")
        #expect(event?.createdBy == Self.owner)
        #expect(event?.participants == [UserID(Self.ana)])
    }

    @Test(arguments: [
        ("DTSTART:20260310T090000Z", ["2026-03-10T09:00:00Z"]),
        ("DTSTART:20260310T090000", ["2026-03-10T08:00:00Z"]),
        ("DTSTART;TZID=W. Europe Standard Time:20260710T090000", ["2026-07-10T07:00:00Z"]),
        ("DTSTART;VALUE=DATE:20260310", ["2026-03-10T00:00:00Z"]),
        // The clock goes forward on 29 March: nine stays nine.
        (
            "DTSTART;TZID=Europe/Berlin:20260327T090000\nRRULE:FREQ=DAILY;COUNT=3",
            ["2026-03-27T08:00:00Z", "2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z"]
        ),
        (
            "DTSTART:20260302T090000Z\nRRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20260309T090000Z",
            ["2026-03-02T09:00:00Z", "2026-03-04T09:00:00Z", "2026-03-09T09:00:00Z"]
        ),
        (
            "DTSTART:20260327T090000Z\nRRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=2",
            ["2026-03-27T09:00:00Z", "2026-04-24T09:00:00Z"]
        ),
        (
            "DTSTART:20260301T090000Z\nRRULE:FREQ=DAILY;COUNT=4\nEXDATE:20260302T090000Z,20260303T090000Z",
            ["2026-03-01T09:00:00Z", "2026-03-04T09:00:00Z"]
        ),
        ("DTSTART:20260301T090000Z\nRDATE:20260305T090000Z", ["2026-03-01T09:00:00Z", "2026-03-05T09:00:00Z"]),
        ("DTSTART:20260301T090000Z\nRRULE:FREQ=SECONDLY", ["2026-03-01T09:00:00Z"]),
    ])
    func `times are those of the calendar`(lines: String, expected: [String]) async throws {
        #expect(try await starts(lines) == expected)
    }

    @Test func `what repeats without end is taken in for two years around`() async throws {
        let starts = try await starts("DTSTART:20100104T090000Z\nRRULE:FREQ=WEEKLY", now: "2026-03-01T00:00:00Z")

        #expect(starts.count == 209 || starts.count == 210)
        #expect(starts.first?.hasPrefix("2024-0") == true)
        #expect(starts.last?.hasPrefix("2028-0") == true)
    }

    @Test func `one time that differs is told as it is, and one called off is gone`() async throws {
        let events = try await imported(
            """
            BEGIN:VEVENT
            UID:e
            SUMMARY:Seminar
            DTSTART:20260301T090000Z
            DTEND:20260301T100000Z
            RRULE:FREQ=DAILY;COUNT=3
            END:VEVENT
            BEGIN:VEVENT
            UID:e
            RECURRENCE-ID:20260302T090000Z
            SUMMARY:Seminar in the garden
            DTSTART:20260302T110000Z
            DTEND:20260302T113000Z
            END:VEVENT
            BEGIN:VEVENT
            UID:e
            RECURRENCE-ID:20260303T090000Z
            STATUS:CANCELLED
            DTSTART:20260303T090000Z
            END:VEVENT
            """
        ).events

        #expect(events.count == 1)
        #expect(events[0].occurrences.map(\.title) == ["Seminar", "Seminar in the garden"])
        #expect(
            events[0].occurrences.map { $0.end.formatted(.iso8601) } == [
                "2026-03-01T10:00:00Z", "2026-03-02T11:30:00Z",
            ]
        )
    }

    @Test func `what is left out is told`() async throws {
        let report = try await imported(
            """
            BEGIN:VTODO
            UID:t
            END:VTODO
            BEGIN:VEVENT
            UID:e
            DTSTART;TZID=Middle-earth:20260301T090000
            RRULE:FREQ=WEEKLY;BYEASTER=1
            END:VEVENT
            BEGIN:VEVENT
            UID:f
            END:VEVENT
            """
        ).report

        #expect(report.events == 1)
        #expect(report.skipped.keys.contains("component VTODO"))
        #expect(report.skipped.keys.contains("event without a start"))
        #expect(report.skipped.keys.contains { $0.contains("Middle-earth") })
        #expect(report.skipped.keys.contains { $0.contains("BYEASTER") })
    }

    @Test func `a file that is no calendar is refused`() async throws {
        let path = "\(NSTemporaryDirectory())labsync-\(UUID().uuidString).ics"
        try "words".write(toFile: path, atomically: true, encoding: .utf8)
        let importer = CalendarImporter(sink: Schedule(), members: [:], owner: Self.owner, zone: .gmt, now: Date())

        await #expect(throws: ImportFailure.self) { _ = try await importer.importFile(path) }
    }
}
