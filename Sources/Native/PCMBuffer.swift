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

/// The sum of what a room hears, 32 bits wide so that no sum of voices overflows it.
@safe package final class MixBus {
    /// Samples of all channels.
    package let count: Int
    private let samples: UnsafeMutablePointer<Int32>

    /// Silence of `count` samples.
    package init(count: Int) {
        precondition(count > 0, "a bus holds something")
        self.count = count
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

    /// Adds a frame of the same length.
    package func add(_ frame: PCMBuffer) {
        withMutableSpan { bus in frame.withSpan { PCM.accumulate(into: &bus, $0) } }
    }

    /// Takes out a frame that was added.
    package func subtract(_ frame: PCMBuffer) {
        withMutableSpan { bus in frame.withSpan { PCM.deduct(from: &bus, $0) } }
    }

    /// Writes the mix without `own` to `out`, limited as ``PCM/subtractAndClip(out:bus:own:)`` says.
    ///
    /// - Precondition: `own` and `out` are two buffers.
    package func write(without own: PCMBuffer, to out: PCMBuffer) {
        precondition(own !== out, "a frame cannot be read and written at once")
        withSpan { bus in
            own.withSpan { own in out.withMutableSpan { PCM.subtractAndClip(out: &$0, bus: bus, own: own) } }
        }
    }

    /// Writes the whole mix to `out`.
    package func write(to out: PCMBuffer) {
        withSpan { bus in out.withMutableSpan { PCM.clip(out: &$0, bus: bus) } }
    }
}
