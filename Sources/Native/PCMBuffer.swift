/// Samples that belong to an object for its life: a frame, a prompt, a delay line.
///
/// An array property of a class costs an exclusivity and uniqueness check for each sample; this lends a span instead.
@safe package final class PCMBuffer {
    /// Samples of all channels.
    package let count: Int
    private let samples: UnsafeMutablePointer<Int16>

    /// Silence of `count` samples.
    package init(count: Int) {
        precondition(count > 0, "a buffer holds something")
        self.count = count
        unsafe samples = .allocate(capacity: count)
        unsafe samples.initialize(repeating: 0, count: count)
    }

    deinit { unsafe samples.deallocate() }

    /// Lends the samples for reading.
    package func withSpan<R>(_ body: (Span<Int16>) throws -> R) rethrows -> R {
        let all = unsafe UnsafeBufferPointer(start: samples, count: count)
        return try body(unsafe all.span)
    }

    /// Lends the samples for writing; do not lend them twice at once.
    package func withMutableSpan<R>(_ body: (inout MutableSpan<Int16>) throws -> R) rethrows -> R {
        let all = unsafe UnsafeMutableBufferPointer(start: samples, count: count)
        var span = unsafe all.mutableSpan
        return try body(&span)
    }

    /// Copies `frame` to the front. Returns how many samples fitted.
    @discardableResult
    package func copy(from frame: Span<Int16>) -> Int {
        let length = min(frame.count, count)
        unsafe frame.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            unsafe samples.update(from: start, count: length)
        }
        return length
    }

    /// Sets all samples to zero.
    package func silence() { unsafe samples.update(repeating: 0, count: count) }
}

/// How loud a voice is on either side, in 1/4096; only a bus of two channels has sides.
package struct Pan: Equatable, Sendable {
    package var left: Int
    package var right: Int

    /// - Precondition: Both are 0 to 4096, so that nothing gets louder.
    package init(left: Int, right: Int) {
        precondition((0...PCM.unityGain).contains(left) && (0...PCM.unityGain).contains(right), "no louder than it is")
        (self.left, self.right) = (left, right)
    }

    package static let middle = Pan(left: PCM.unityGain, right: PCM.unityGain)
}

/// The sum of what a room hears, 32 bits wide so that no sum of voices overflows it.
@safe package final class MixBus {
    /// Samples of all channels.
    package let count: Int
    /// 1, or 2 that are interleaved. Frames to add are of one channel.
    package let channels: Int
    private let samples: UnsafeMutablePointer<Int32>

    /// Silence of `count` samples.
    package init(count: Int, channels: Int = 1) {
        precondition(count > 0 && (1...2).contains(channels), "a bus holds something")
        self.count = count
        self.channels = channels
        unsafe samples = .allocate(capacity: count)
        unsafe samples.initialize(repeating: 0, count: count)
    }

    deinit { unsafe samples.deallocate() }

    /// Lends the sums for reading.
    package func withSpan<R>(_ body: (Span<Int32>) throws -> R) rethrows -> R {
        let all = unsafe UnsafeBufferPointer(start: samples, count: count)
        return try body(unsafe all.span)
    }

    /// Lends the sums for writing; do not lend them twice at once.
    package func withMutableSpan<R>(_ body: (inout MutableSpan<Int32>) throws -> R) rethrows -> R {
        let all = unsafe UnsafeMutableBufferPointer(start: samples, count: count)
        var span = unsafe all.mutableSpan
        return try body(&span)
    }

    /// Starts a tick: all sums are zero.
    package func clear() { unsafe samples.update(repeating: 0, count: count) }

    /// Adds a frame as long as this.
    package func add(_ frame: PCMBuffer, at pan: Pan = .middle) {
        withMutableSpan { bus in
            frame.withSpan { frame in
                if channels == 1 {
                    PCM.accumulate(into: &bus, frame)
                } else {
                    PCM.accumulate(into: &bus, frame, left: pan.left, right: pan.right)
                }
            }
        }
    }

    /// Takes out a frame that was added.
    package func subtract(_ frame: PCMBuffer, at pan: Pan = .middle) {
        withMutableSpan { bus in
            frame.withSpan { frame in
                if channels == 1 {
                    PCM.deduct(from: &bus, frame)
                } else {
                    PCM.deduct(from: &bus, frame, left: pan.left, right: pan.right)
                }
            }
        }
    }

    /// Writes the mix without `own` to `out`, limited as ``PCM/subtractAndClip(out:bus:own:)`` says.
    ///
    /// - Precondition: `own` and `out` are two buffers.
    package func write(without own: PCMBuffer, at pan: Pan = .middle, to out: PCMBuffer) {
        precondition(own !== out, "a frame cannot be read and written at once")
        guard channels == 1 else {
            subtract(own, at: pan)
            write(to: out)
            return add(own, at: pan)
        }
        withSpan { bus in
            own.withSpan { own in out.withMutableSpan { PCM.subtractAndClip(out: &$0, bus: bus, own: own) } }
        }
    }

    /// Writes the whole mix to `out`.
    package func write(to out: PCMBuffer) {
        withSpan { bus in out.withMutableSpan { PCM.clip(out: &$0, bus: bus) } }
    }
}
