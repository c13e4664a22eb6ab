/// A sound in memory, ready to be mixed: 48 kHz, one channel.
///
/// It never changes, so any number of rooms and threads play the same one. A minute takes 5.8 MB.
package final class Sound: Sendable {
    package let samples: [Int16]

    package init(samples: [Int16]) { self.samples = samples }

    /// Samples.
    package var count: Int { samples.count }

    package var duration: Duration { .microseconds(Int64(samples.count) * 1_000_000 / Int64(Self.rate)) }

    /// What it takes in memory.
    package var byteCount: Int { samples.count * MemoryLayout<Int16>.stride }

    /// Copies what lies from `position` on to `pcm` from `offset` on, as much as there is and fits.
    ///
    /// - Returns: How many samples; 0 at the end and outside.
    package func copy(from position: Int, into pcm: inout MutableSpan<Int16>, at offset: Int) -> Int {
        guard position >= 0, offset >= 0, offset < pcm.count, position < samples.count else { return 0 }
        let length = min(samples.count - position, pcm.count - offset)
        let all = samples
        let source = all.span
        for index in 0..<length { pcm[offset &+ index] = source[position &+ index] }
        return length
    }

    /// Samples in a second.
    package static let rate = 48_000
}
