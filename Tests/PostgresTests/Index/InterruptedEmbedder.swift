import Synchronization
import TestSupport

/// Does something between the reading of a source and the storing of its chunks, the first time.
func interrupting(_ interruption: @escaping @Sendable () async throws -> Void) -> WordEmbedder {
    let isFirst = Mutex(true)
    return WordEmbedder {
        let isNow = isFirst.withLock { isFirst in
            defer { isFirst = false }
            return isFirst
        }
        if isNow { try await interruption() }
    }
}
