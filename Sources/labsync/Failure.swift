import ArgumentParser

/// Ends the program with one clear sentence and a non-zero code.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
