import Glibc

/// Bytes that vector instructions like: aligned to their registers, and on huge pages where there are many.
///
/// Written while its only owner makes it; what holds it afterwards only reads.
final class AlignedMemory: @unchecked Sendable {
    let start: UnsafeMutableRawPointer
    let byteCount: Int

    private static let hugePage = 2 << 20

    /// - Parameter readAhead: bytes behind the end that a pass may touch before it stops.
    init(byteCount: Int, readAhead: Int = 64) {
        let isLarge = byteCount >= Self.hugePage
        let alignment = isLarge ? Self.hugePage : 64
        let size = (max(byteCount, 1) + readAhead + alignment - 1) / alignment * alignment
        guard let memory = aligned_alloc(alignment, size) else { preconditionFailure("out of memory") }
        if isLarge { madvise(memory, size, Int32(MADV_HUGEPAGE)) }
        start = memory
        self.byteCount = byteCount
    }

    deinit { free(start) }

    func pointer<Element: BitwiseCopyable>(to _: Element.Type) -> UnsafeMutablePointer<Element> {
        start.assumingMemoryBound(to: Element.self)
    }
}
