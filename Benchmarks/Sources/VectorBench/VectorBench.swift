import Domain
import Foundation
import Retrieval

/// Answers questions about its own speed, a line each, so that a driver can take turns between it and its peers.
///
///     load FILE ROWS DIMENSION            float32 rows; answers seconds and bytes
///     queries FILE DIMENSION              float32 rows
///     visible NAME FILE                   pairs of int32: runs of rows, first and end
///     search MODE VISIBLE LIMIT QUERY     answers wall ns, CPU ns, and the rows found
///     batch VISIBLE LIMIT FIRST COUNT     the same for many queries; rows of all of them
///     bandwidth                           answers GB/s read from memory by one thread
///     peak                                answers 10⁹ products a second by one thread: bytes, bfloat16, float32
///     model FOLDER                        loads the encoder, in both precisions
///     tokens TEXT                         answers token numbers
///     encode PRECISION TOKENS...          token numbers with commas; answers CPU ns and a file of float32 vectors
///     embed OUT MODEL FILE...                 BEIR-style texts to float32 rows
///     messages FILE                       a text a line, in ten conversations; answers seconds and bytes
///     words LIMIT TEXT                    BM25 alone, three times; answers wall ns, CPU ns of the last, the lines found
///     lexical LIMIT TEXT                  the same for a whole search by words
@main
struct VectorBench {
    static func main() async throws {
        var bench = Bench()
        while let line = readLine() {
            let words = line.split(separator: " ").map(String.init)
            guard let command = words.first else { continue }
            print(try await bench.answer(command, Array(words.dropFirst())))
            fflush(nil)
        }
    }
}

struct Bench {
    private var dimension = 0
    private var blocks: [VectorBlock] = []
    private var queries: [[Float]] = []
    private var visible: [String: VectorRuns] = [:]
    private var models: [EncoderPrecision: MiniLM] = [:]
    private let written = SearchIndex(dimension: 1, keepsVectors: false)
    private let reader = UserID()
    private var conversations: [ConversationID] = []

    /// Rows in a block, as the index has them.
    private static let blockSize = 65_536

    mutating func answer(_ command: String, _ words: [String]) async throws -> String {
        switch command {
        case "load": return try load(words[0], number(words[1]), number(words[2]))
        case "queries":
            let numbers = try floats(words[0])
            let dimension = try number(words[1])
            queries = stride(from: 0, to: numbers.count, by: dimension).map { Array(numbers[$0..<$0 + dimension]) }
            return "\(queries.count)"
        case "visible": return try see(words[0], words[1])
        case "search": return try search(words)
        case "batch": return try batch(words)
        case "bandwidth": return "\(Limits.bandwidth(blocks))"
        case "peak": return Limits.products().map { "\($0)" }.joined(separator: " ")
        case "model":
            for precision in EncoderPrecision.allCases {
                models[precision] = try MiniLM(directory: words[0], precision: precision)
            }
            return "ok"
        case "tokens": return try tokens(words.joined(separator: " "))
        case "encode": return try encode(words)
        case "messages": return try messages(words[0])
        case "words", "lexical":
            return searchWords(
                try number(words[0]),
                words.dropFirst().joined(separator: " "),
                whole: command == "lexical"
            )
        case "embed": return try await embed(words[0], Array(words.dropFirst()))
        default: throw BenchError("unknown command \(command)")
        }
    }

    private mutating func load(_ path: String, _ count: Int, _ dimension: Int) throws -> String {
        let clock = ContinuousClock()
        self.dimension = dimension
        blocks = []
        let file = try FileHandle(forReadingFrom: URL(filePath: path))
        let reading = try clock.measure {
            for start in stride(from: 0, to: count, by: Self.blockSize) {
                let rows = min(Self.blockSize, count - start)
                let data = try file.read(upToCount: rows * dimension * 4) ?? Data()
                let numbers = data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
                blocks.append(VectorBlock(dimension: dimension, numbers))
            }
        }
        let signing = clock.measure { VectorBlock.prepareSketches(blocks) }
        var runs = VectorRuns()
        var first = 0
        for block in blocks {
            runs.append(block, 0..<block.count, numberedFrom: first)
            first += block.count
        }
        visible = ["all": runs]
        return "\(reading) \(signing) \(blocks.reduce(0) { $0 + $1.byteCount })"
    }

    private mutating func see(_ name: String, _ path: String) throws -> String {
        let data = try Data(contentsOf: URL(filePath: path))
        let numbers = data.withUnsafeBytes { Array($0.bindMemory(to: Int32.self)).map(Int.init) }
        var runs = VectorRuns()
        for pair in stride(from: 0, to: numbers.count, by: 2) {
            var (start, end) = (numbers[pair], numbers[pair + 1])
            while start < end {
                let block = start / Self.blockSize
                let stop = min(end, (block + 1) * Self.blockSize)
                let base = block * Self.blockSize
                runs.append(blocks[block], (start - base)..<(stop - base), numberedFrom: start)
                start = stop
            }
        }
        visible[name] = runs
        return "\(runs.count)"
    }

    private func search(_ words: [String]) throws -> String {
        guard let mode = VectorMode(rawValue: words[0]), let runs = visible[words[1]] else { throw BenchError("mode") }
        let (limit, query) = (try number(words[2]), queries[try number(words[3])])
        let (wall, cpu) = (Clock.wall(), Clock.cpu())
        let hits = VectorSearch(runs).nearest(to: VectorQuery(query), limit, mode: mode)
        return "\(Clock.wall() - wall) \(Clock.cpu() - cpu) " + hits.map { "\($0.row)" }.joined(separator: " ")
    }

    private func batch(_ words: [String]) throws -> String {
        guard let runs = visible[words[0]] else { throw BenchError("visible") }
        let (limit, first, count) = (try number(words[1]), try number(words[2]), try number(words[3]))
        let (wall, cpu) = (Clock.wall(), Clock.cpu())
        let asked = (first..<first + count).map { VectorQuery(queries[$0 % queries.count]) }
        let hits = VectorSearch(runs).nearest(to: asked, limit)
        return "\(Clock.wall() - wall) \(Clock.cpu() - cpu) "
            + hits.joined().map { "\($0.row)" }.joined(separator: " ")
    }

    private mutating func messages(_ path: String) throws -> String {
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        conversations = (0..<10).map { _ in ConversationID() }
        let share = (lines.count + 9) / 10
        let passages = lines.enumerated().map { place, line in
            let conversation = conversations[place / share]
            return Passage(
                chunk: ChunkID(place),
                source: SourceReference(kind: .message, id: UUID()),
                scope: .conversation(conversation),
                conversation: conversation,
                author: reader,
                createdAt: Date(timeIntervalSince1970: Double(place) * 60),
                text: String(line),
                embeddings: [:]
            )
        }
        let start = Clock.wall()
        let loader = IndexLoader(for: written)
        loader.add(passages)
        written.load(loader)
        return "\(Double(Clock.wall() - start) / 1e9) \(written.statistics.bytes)"
    }

    private func searchWords(_ limit: Int, _ text: String, whole: Bool) -> String {
        let grants = Grants(user: reader, roles: [], conversations: Set(conversations))
        var (wall, cpu) = (0, 0)
        var found: [ChunkID] = []
        for _ in 0..<3 {
            (cpu, wall) = (Clock.cpu(), Clock.wall())
            if whole {
                let request = SearchRequest(query: text, embedding: nil, limit: limit, now: Date(), legs: .lexical)
                found = written.search(request, admittedBy: grants).results.map(\.chunk)
            } else {
                found = written.passages(withWordsOf: text, limit, admittedBy: grants)
            }
            (wall, cpu) = (Clock.wall() - wall, Clock.cpu() - cpu)
        }
        return "\(wall) \(cpu) " + found.map { "\($0)" }.joined(separator: " ")
    }

    private func tokens(_ text: String) throws -> String {
        guard let model = models[.whole] else { throw BenchError("load a model first") }
        return model.tokenizer.tokens(of: text).map(String.init).joined(separator: ",")
    }

    private func encode(_ words: [String]) throws -> String {
        guard let precision = EncoderPrecision(rawValue: words[0]), let model = models[precision] else {
            throw BenchError("load a model first")
        }
        let sentences = words.dropFirst().map { $0.split(separator: ",").compactMap { Int32($0) } }
        let cpu = Clock.cpu()
        let encodings = model.encode(tokens: sentences)
        let took = Clock.cpu() - cpu
        let path = "\(NSTemporaryDirectory())/labsync-encoder-bench.f32"
        try encodings.flatMap(\.vector).withUnsafeBytes { try Data($0).write(to: URL(filePath: path)) }
        return "\(took) \(path)"
    }

    private func embed(_ out: String, _ paths: [String]) async throws -> String {
        let model = try MiniLM(directory: paths[0])
        var texts: Set<String> = []
        for path in paths.dropFirst() {
            for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                // As long as messages are.
                if let text = object?["text"] as? String, !text.isEmpty { texts.insert(String(text.prefix(160))) }
            }
        }
        _ = FileManager.default.createFile(atPath: out, contents: nil)
        let file = try FileHandle(forWritingTo: URL(filePath: out))
        let sorted = texts.sorted()
        for start in stride(from: 0, to: sorted.count, by: 512) {
            let vectors = try await model.embed(Array(sorted[start..<min(sorted.count, start + 512)]))
            let numbers = vectors.flatMap { $0 }
            try numbers.withUnsafeBytes { try file.write(contentsOf: Data($0)) }
        }
        return "\(sorted.count)"
    }

    private func number(_ word: String) throws -> Int {
        guard let number = Int(word) else { throw BenchError("\(word) is no number") }
        return number
    }

    private func floats(_ path: String) throws -> [Float] {
        try Data(contentsOf: URL(filePath: path)).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }
}

struct BenchError: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}

enum Clock {
    static func wall() -> Int { now(CLOCK_MONOTONIC) }
    static func cpu() -> Int { now(CLOCK_THREAD_CPUTIME_ID) }

    private static func now(_ clock: clockid_t) -> Int {
        var time = timespec()
        clock_gettime(clock, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
