import CLimits
import Retrieval

/// What one thread of the machine could do at most.
enum Limits {
    /// GB/s: the best of five passes over the vectors' own numbers.
    static func bandwidth(_ blocks: [VectorBlock]) -> Double {
        (0..<5).map { _ in
            var (seconds, bytes) = (0.0, 0.0)
            for block in blocks {
                block.withNumbers { numbers in
                    bytes += Double(numbers.count)
                    seconds += Double(numbers.count) / bench_read(numbers.baseAddress, numbers.count)
                }
            }
            return bytes / seconds
        }.max() ?? 0
    }

    /// 10⁹ multiplications a second: bytes, bfloat16, float32.
    static func products() -> [Double] {
        [bench_byte_products(), bench_bfloat_products(), bench_float_products()]
    }
}
