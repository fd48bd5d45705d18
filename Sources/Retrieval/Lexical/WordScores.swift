import Glibc
import Synchronization

/// Room for the scores of one question, by row of its corpus. As large as the largest corpus that was asked, and used
/// again: a question pays for the rows that have its words, not for the others.
final class WordScores {
    /// Of a row with what stands around it.
    struct Surrounded {
        var score: Float = 0
        /// Of the term that is being read.
        var count: Float = 0
        /// In terms; negative for a file, 0 until it is known.
        var length: Float = 0
    }

    /// Rows that have got a score, each once.
    struct Touched {
        /// Has a place more than there are rows, so that one may be written before it is known whether it counts.
        let rows: UnsafeMutablePointer<Int32>
        var count = 0

        init(size: Int) {
            rows = .allocate(capacity: size + 1)
        }

        mutating func append(_ row: Int) {
            rows[count] = Int32(truncatingIfNeeded: row)
            count += 1
        }

        var end: UnsafeMutablePointer<Int32> { rows + count }
        var all: UnsafeBufferPointer<Int32> { UnsafeBufferPointer(start: rows, count: count) }
    }

    /// All zero, and nothing touched, whenever nobody uses it.
    private struct Room: @unchecked Sendable {  // In the hands of one question at a time, or idle under the lock.
        let size: Int
        let own: UnsafeMutablePointer<Float>
        let surrounded: UnsafeMutablePointer<Surrounded>
        var touchedOwn: Touched
        var touchedSurrounded: Touched

        /// Zeros as the system gives them, so that what is never used takes no memory.
        init(size: Int) {
            func zeros<Element>(_ type: Element.Type) -> UnsafeMutablePointer<Element> {
                guard let memory = calloc(size, MemoryLayout<Element>.stride) else {
                    preconditionFailure("out of memory")
                }
                return memory.bindMemory(to: type, capacity: size)
            }
            self.size = size
            own = zeros(Float.self)
            surrounded = zeros(Surrounded.self)
            touchedOwn = Touched(size: size)
            touchedSurrounded = Touched(size: size)
        }

        mutating func clear() {
            for row in touchedOwn.all { own[Int(row)] = 0 }
            for row in touchedSurrounded.all { surrounded[Int(row)] = Surrounded() }
            touchedOwn.count = 0
            touchedSurrounded.count = 0
        }

        func free() {
            Glibc.free(own)
            Glibc.free(surrounded)
            touchedOwn.rows.deallocate()
            touchedSurrounded.rows.deallocate()
        }
    }

    private static let idle = Mutex<[Room]>([])
    /// Questions at once whose room is kept.
    private static let mostIdle = 8

    private var room: Room

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
        room.clear()
        let room = room
        let isKept = Self.idle.withLock { idle in
            guard idle.count < Self.mostIdle else { return false }
            idle.append(room)
            return true
        }
        if !isKept { room.free() }
    }

    /// By row.
    var own: UnsafeMutablePointer<Float> { room.own }
    /// By row.
    var surrounded: UnsafeMutablePointer<Surrounded> { room.surrounded }

    var surroundedColumn: TopRows.Column {
        let stride = MemoryLayout<Surrounded>.stride / MemoryLayout<Float>.stride
        let scores = UnsafeRawPointer(room.surrounded).assumingMemoryBound(to: Float.self)
        return TopRows.Column(scores: scores, stride: stride)
    }

    /// Rows that have a score of their own, and such as have one in their surroundings.
    var touchedOwn: Touched {
        _read { yield room.touchedOwn }
        _modify { yield &room.touchedOwn }
    }
    var touchedSurrounded: Touched {
        _read { yield room.touchedSurrounded }
        _modify { yield &room.touchedSurrounded }
    }
}
