import Assistant
import Foundation
import Testing

struct PageCursorTests {
    @Test func `a cursor survives the way to the client and back`() {
        let cursor = PageCursor(sortValue: "2026-03-04 15:00:00.123456+00", id: UUID())

        #expect(PageCursor(cursor.description) == cursor)
    }

    @Test(arguments: ["", "x", "MTIz", "bm93KCl8MDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAx"])
    func `what no page handed out is refused`(text: String) {
        #expect(PageCursor(text) == nil)
    }
}
