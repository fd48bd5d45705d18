import Assistant
import Foundation
import Testing

struct FreeSlotsTests {
    private func hours(_ start: Double, _ end: Double) -> DateInterval {
        DateInterval(start: Date(timeIntervalSince1970: start * 3600), end: Date(timeIntervalSince1970: end * 3600))
    }

    @Test func `what is not taken is free`() {
        let gaps = FreeSlots.gaps(in: hours(8, 18), busy: [hours(12, 13), hours(9, 10)], shortest: 60)

        #expect(gaps == [hours(8, 9), hours(10, 12), hours(13, 18)])
    }

    @Test func `overlapping and surrounding bookings are merged`() {
        let busy = [hours(7, 9), hours(8.5, 11), hours(10, 10.5), hours(17, 20)]

        #expect(FreeSlots.gaps(in: hours(8, 18), busy: busy, shortest: 60) == [hours(11, 17)])
    }

    @Test func `gaps that are too short are left out`() {
        let gaps = FreeSlots.gaps(in: hours(8, 12), busy: [hours(8.25, 11)], shortest: 1800)

        #expect(gaps == [hours(11, 12)])
    }

    @Test func `a span that is full has no gap`() {
        #expect(FreeSlots.gaps(in: hours(8, 9), busy: [hours(8, 9)], shortest: 1).isEmpty)
    }
}
