/// How what is known of a passage is weighed, measured on open sets (docs/PERFORMANCE.md).
package struct FusionWeights: Sendable {
    // Messages and all else that is short.
    /// How well its own words' meanings match the question's.
    package var match = 0.3
    /// The same with the two turns before it.
    package var matchBefore = 0.5
    /// The same with everything in its sitting.
    package var matchSitting = 0.3
    /// BM25 over it and the turns beside it.
    package var surrounded = 0.2
    /// Written by somebody who is named.
    package var person = 0.3
    /// Speaks of times when asked for one.
    package var time = 0.25
    /// From the time that is named.
    package var date = 0.5
    /// For each power of e in its number of words: what says more answers more.
    package var length = 0.05
    /// What asks does not answer.
    package var question = -0.1

    // Turns of meetings: in sum as much as a message's matches and words.
    /// How well the stretch around it fits.
    package var stretch = 1.3
    /// In place of the ones above: a stretch is no better for being told by one person or in long turns.
    package var personInMeeting = 0.05
    package var lengthInMeeting = 0.02
    /// From another time than the one that is named, where something is from that: with `date` as much as a stretch.
    package var otherDateInMeeting = -0.8

    // All.
    /// Said in a conversation that is named.
    package var conversation = 0.3
    /// Has all identifiers of the question; a part of them counts in part.
    package var identifier = 0.15
    /// Has the question's only word: more than any likeness makes up for.
    package var loneWord = 3.0
    /// Has all words of the quoted phrases.
    package var phrase = 0.5
    /// Of the newest when the question is after how things stand now.
    package var recency = 0.2

    // Files. In sum as much as a message's matches and words.
    package var filePassage = 0.325
    package var fileBeginning = 0.325
    package var fileOwn = 0.13
    package var fileSurrounded = 0.52

    package init() {}

    package static let measured = FusionWeights()
}
