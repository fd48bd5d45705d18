/// How the legs of a search are weighed, measured on open sets (docs/PERFORMANCE.md).
package struct FusionWeights: Sendable {
    package var passage: Double = 0.3
    package var context: Double = 0.3
    package var own: Double = 0.3
    package var surrounded: Double = 0.5
    package var person: Double = 0.15
    package var sitting: Double = 0.2
    package var time: Double = 0.1
    package var date: Double = 0.2
    package var reciprocalRank: Double = 0
    package var rankOffset: Double = 12
    package var filePassage: Double = 0.25
    package var fileContext: Double = 0.25
    package var fileOwn: Double = 0.1
    package var fileSurrounded: Double = 0.4

    package init() {}

    package static let measured = FusionWeights()
}
