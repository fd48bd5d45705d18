/// The candidates' scores and what they are made of, a column for each leg and bonus; dictionaries are made only of what is
/// told in the end.
struct Scoreboard {
    private(set) var fused: [Double]
    private var legs: [(name: String, entries: [Explanation.Leg?])] = []
    private var bonuses: [(name: String, values: [Double?])] = []

    init(count: Int) {
        fused = [Double](repeating: 0, count: count)
    }

    /// What a leg says of some candidates, and what that is worth.
    ///
    /// - Parameter entry: of a candidate, and its place among these.
    mutating func add(
        leg name: String,
        of candidates: some Sequence<Int>,
        _ entry: (_ candidate: Int, _ place: Int) -> (leg: Explanation.Leg, share: Double)
    ) {
        var entries = [Explanation.Leg?](repeating: nil, count: fused.count)
        for (place, candidate) in candidates.enumerated() {
            let (leg, share) = entry(candidate, place)
            entries[candidate] = leg
            fused[candidate] += share
        }
        legs.append((name, entries))
    }

    /// - Parameter value: nil for candidates that do not have it.
    mutating func add(bonus name: String, _ value: (_ candidate: Int) -> Double?) {
        let values = fused.indices.map(value)
        for (candidate, value) in values.enumerated() { fused[candidate] += value ?? 0 }
        bonuses.append((name, values))
    }

    /// In place of a sum.
    mutating func set(_ score: Double, of candidate: Int) {
        fused[candidate] = score
    }

    func explanation(of candidate: Int, age: Double) -> Explanation {
        var explanation = Explanation(fused: fused[candidate], age: age)
        for leg in legs { explanation.legs[leg.name] = leg.entries[candidate] }
        for bonus in bonuses { explanation.bonuses[bonus.name] = bonus.values[candidate] }
        return explanation
    }
}
