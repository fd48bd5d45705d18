import Foundation

/// A safetensors file, mapped: an 8-byte length, a JSON header of names, types, shapes and offsets, then the data.
///
/// The data of the usual files is only 8-byte aligned, which float32 can do with.
final class SafeTensors: Sendable {
    struct Tensor {
        let shape: [Int]
        let values: UnsafeBufferPointer<Float>
    }

    private struct Entry: Decodable {
        let dtype: String
        let shape: [Int]
        let data_offsets: [Int]
    }

    private static let longestHeader = 1 << 24

    private let path: String
    // NSData keeps the mapping where it is for its own lifetime.
    nonisolated(unsafe) private let mapping: NSData  // Immutable.
    private let dataStart: Int
    private let entries: [String: Entry]

    init(path: String) throws(ModelError) {
        self.path = path
        do {
            mapping = try NSData(contentsOfFile: path, options: .alwaysMapped)
        } catch {
            throw ModelError("The embedding model is missing: cannot read \(path).")
        }
        guard mapping.length > 8 else { throw ModelError("\(path) is not a safetensors file.") }
        let headerLength = Int(clamping: mapping.bytes.loadUnaligned(as: UInt64.self).littleEndian)
        guard headerLength > 0, headerLength <= Self.longestHeader, 8 + headerLength <= mapping.length else {
            throw ModelError("\(path) is not a safetensors file, or is cut short.")
        }
        dataStart = 8 + headerLength
        let header = Data(bytes: mapping.bytes + 8, count: headerLength)
        guard var raw = try? JSONSerialization.jsonObject(with: header) as? [String: Any] else {
            throw ModelError("The header of \(path) cannot be read.")
        }
        raw["__metadata__"] = nil
        do {
            let entries = try JSONSerialization.data(withJSONObject: raw)
            self.entries = try JSONDecoder().decode([String: Entry].self, from: entries)
        } catch {
            throw ModelError("The header of \(path) cannot be read: \(error)")
        }
    }

    /// A float32 tensor of exactly this shape. Valid for as long as this file is.
    func tensor(_ name: String, _ shape: Int...) throws(ModelError) -> UnsafePointer<Float> {
        guard let entry = entries[name] else { throw ModelError("\(path) holds no tensor \(name).") }
        let count = shape.reduce(1, *)
        guard entry.dtype == "F32", entry.shape == shape, entry.data_offsets.count == 2,
            entry.data_offsets[0] >= 0, entry.data_offsets[1] - entry.data_offsets[0] == 4 * count,
            dataStart + entry.data_offsets[1] <= mapping.length, (dataStart + entry.data_offsets[0]).isMultiple(of: 4)
        else {
            throw ModelError("Tensor \(name) of \(path) is not float32 of shape \(shape), or the file is cut short.")
        }
        return (mapping.bytes + dataStart + entry.data_offsets[0]).assumingMemoryBound(to: Float.self)
    }
}

/// Why a model cannot be used, as a sentence for whoever runs Labsync.
public struct ModelError: Error, CustomStringConvertible, Sendable {
    public let description: String

    init(_ sentence: String) {
        description = "\(sentence) Run script/setup, or set LABSYNC_MODEL_DIR to the folder of all-MiniLM-L6-v2."
    }
}
