import Assistant
import Domain
import Foundation
import Testing

struct CalendarFeedTests {
    @Test func `an event is written with escapes and folded lines`() {
        let event = CalendarEvent(
            id: ScheduleID(),
            title: "Confocal; service, part 1",
            description: String(repeating: "ä", count: 100) + "\nend",
            resource: "Room 2.14",
            start: Date(timeIntervalSince1970: 1_772_632_800),
            end: Date(timeIntervalSince1970: 1_772_636_400),
            allDay: false,
            changedAt: Date(timeIntervalSince1970: 0)
        )

        let text = CalendarFeed.text([event])

        #expect(text.contains("SUMMARY:Confocal\\; service\\, part 1\r\n"))
        #expect(text.contains("DTSTART:20260304T140000Z\r\n"))
        #expect(text.components(separatedBy: "\r\n").allSatisfy { $0.utf8.count <= 75 })
        #expect(
            text.replacingOccurrences(of: "\r\n ", with: "").contains(String(repeating: "ä", count: 100) + "\\nend")
        )
    }
}
