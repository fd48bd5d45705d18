import Domain
import Foundation
import Testing

struct CivilDateTests {
    @Test func `plain times are read as Foundation reads them`() throws {
        // Before 1582 Foundation has the Julian calendar, and PostgreSQL has not.
        var seconds = -11_000_000_000.0
        while seconds < 70_000_000_000 {
            let date = Date(timeIntervalSince1970: seconds)
            let text = date.formatted(.iso8601)
            if text.utf8.count == 20 { #expect(Date(plainUTC: text) == date, "\(text)") }
            seconds += 86_399 * 97
        }
    }

    @Test(arguments: [
        "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:00+", "2026-01-01", "２026-01-01T00:00:00Z",
    ])
    func `what is not one is left to others`(text: String) {
        #expect(Date(plainUTC: text) == nil)
    }

    @Test func `a day is the same there and back`() {
        for days in stride(from: -900_000, through: 900_000, by: 271) {
            let date = CivilDate(days: days)
            #expect(CivilDate.days(year: date.year, month: date.month, day: date.day) == days)
        }
    }
}
