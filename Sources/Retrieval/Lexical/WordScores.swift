import Synchronization

/// Room for the scores of one question, by row of its corpus. As large as the largest corpus that was asked, and used
/// again: a question pays for the rows that have its words, not for the others.
final class WordScores {
    struct Slot {
        var own: Float = 0
        var surrounded: Float = 0
        /// Of the term that is being read, in the row's surroundings.
        var count: Float = 0
        /// Of the surroundings, in terms; negative for a file, 0 until it is known.
        var length: Float = 0
    }

    private var room: Room
    private(set) var touchedCount = 0

    /// Slots are all zero and `touched` is empty whenever nobody uses it.
    private struct Room: @unchecked Sendable {  // In the hands of one question at a time, or idle under the lock.
        let size: Int
        let slots: UnsafeMutablePointer<Slot>
        let touched: UnsafeMutablePointer<Int32>

        init(size: Int) {
            self.size = size
            slots = .allocate(capacity: size)
            slots.initialize(repeating: Slot(), count: size)
            touched = .allocate(capacity: size)
        }

        func free() {
            slots.deallocate()
            touched.deallocate()
        }
    }

    private static let idle = Mutex<[Room]>([])
    /// Questions at once whose room is kept.
    private static let mostIdle = 8

    static func lend(_ rows: Int) -> WordScores { WordScores(rows) }

    private init(_ rows: Int) {
        let idle = Self.idle.withLock { $0.popLast() }
        if let idle, idle.size >= rows {
            room = idle
        } else {
            idle?.free()
            room = Room(size: max(1024, rows + rows / 8))
        }
    }

    deinit {
        for place in 0..<touchedCount { room.slots[Int(room.touched[place])] = Slot() }
        let room = room
        let isKept = Self.idle.withLock { idle in
            guard idle.count < Self.mostIdle else { return false }
            idle.append(room)
            return true
        }
        if !isKept { room.free() }
    }

    subscript(row: Int) -> Slot { room.slots[row] }
    var slots: UnsafeMutablePointer<Slot> { room.slots }

    var touched: UnsafeBufferPointer<Int32> { UnsafeBufferPointer(start: room.touched, count: touchedCount) }

    /// Once for each row that gets a score.
    func touch(_ row: Int) {
        room.touched[touchedCount] = Int32(row)
        touchedCount += 1
    }
}
