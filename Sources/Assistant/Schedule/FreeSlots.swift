public import Foundation

/// Finds what is left of a span when what occupies it is taken away.
public enum FreeSlots {
    /// - Parameters:
    ///   - busy: in any order, overlapping or not.
    ///   - shortest: seconds; shorter gaps are left out.
    /// - Returns: the gaps, ascending.
    public static func gaps(in span: DateInterval, busy: [DateInterval], shortest: TimeInterval) -> [DateInterval] {
        var gaps: [DateInterval] = []
        var free = span.start
        for taken in busy.sorted(by: { $0.start < $1.start }) where taken.end > span.start && taken.start < span.end {
            if taken.start > free { gaps.append(DateInterval(start: free, end: taken.start)) }
            free = max(free, taken.end)
        }
        if free < span.end { gaps.append(DateInterval(start: free, end: span.end)) }
        return gaps.filter { $0.duration >= shortest && $0.duration > 0 }
    }
}
