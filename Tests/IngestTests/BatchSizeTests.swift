import Ingest
import Testing

struct BatchSizeTests {
    @Test func `quick batches grow and slow ones shrink, within limits`() {
        var size = BatchSize()
        for _ in 0..<10 { size.adapt(done: size.current, in: .milliseconds(10)) }
        #expect(size.current == BatchSize.largest)
        for _ in 0..<10 { size.adapt(done: size.current, in: .seconds(2)) }
        #expect(size.current == 16)
    }

    @Test func `a batch that was not full says nothing`() {
        var size = BatchSize()
        let before = size.current
        size.adapt(done: 1, in: .milliseconds(1))
        #expect(size.current == before)
    }
}
