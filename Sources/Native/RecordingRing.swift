import Synchronization

/// Frames of one track on their way from the mixer to whoever writes them to a file.
///
/// One thread pushes and one thread pops; neither ever waits. Frames carry their place since the recording began, in
/// frames of 20 ms, and those in which nothing was said are not pushed: the reader fills the holes up to ``length``. So
/// all tracks of a recording have one clock, and a quiet room costs nothing. When the reader falls behind, frames are
/// dropped and counted, and are silence in the file.
///
/// The reader takes ``length`` and ``isClosed`` first and pops afterwards until nothing comes: then all frames before
/// that length have been seen.
@safe package final class RecordingRing: @unchecked Sendable {
    // Unchecked: a place belongs to the pusher until `pushed` says it is full, and to the popper until `popped` says it
    // is free; both are stored with release and loaded with acquire.

    /// How many frames can wait.
    package let capacity: Int
    /// Samples in a frame: 20 ms at 48 kHz.
    package static let frame = 960

    private let samples: UnsafeMutablePointer<Int16>
    private let places: UnsafeMutablePointer<Int>
    private let pushed = Atomic<Int>(0)
    private let popped = Atomic<Int>(0)
    private let lost = Atomic<Int>(0)
    private let end = Atomic<Int>(0)
    private let closed = Atomic<Bool>(false)
    private let abandoned = Atomic<Bool>(false)

    /// - Parameter capacity: Frames; 50 are a second and 96 kB. Places that are never used cost no memory.
    /// - Precondition: `capacity` is positive.
    package init(capacity: Int = 512) {
        precondition(capacity > 0, "a ring holds something")
        self.capacity = capacity
        unsafe samples = .allocate(capacity: capacity * Self.frame)
        unsafe places = .allocate(capacity: capacity)
        unsafe places.initialize(repeating: 0, count: capacity)
    }

    deinit {
        unsafe samples.deallocate()
        unsafe places.deallocate()
    }

    /// Frames that found no place.
    package var dropped: Int { lost.load(ordering: .relaxed) }

    /// Frames since the recording began, those of silence included.
    package var length: Int { end.load(ordering: .acquiring) }

    /// Nothing comes any more.
    package var isClosed: Bool { closed.load(ordering: .acquiring) }

    /// The reader has given up, as when the disk is full.
    package var isAbandoned: Bool { abandoned.load(ordering: .relaxed) }
}

// MARK: - The mixer's end

extension RecordingRing {
    /// Adds the frame of place `number`. Numbers rise; some may be left out.
    ///
    /// - Precondition: `pcm` is ``frame`` samples.
    package func push(_ pcm: Span<Int16>, at number: Int) {
        precondition(pcm.count == Self.frame, "frames of 20 ms")
        let count = pushed.load(ordering: .relaxed)
        guard count &- popped.load(ordering: .acquiring) < capacity else {
            lost.wrappingAdd(1, ordering: .relaxed)
            return
        }
        let place = count % capacity
        unsafe pcm.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            unsafe (samples + place * Self.frame).update(from: start, count: Self.frame)
        }
        unsafe places[place] = number
        pushed.store(count &+ 1, ordering: .releasing)
    }

    /// All frames before `length` have been pushed, or are silence.
    package func advance(to length: Int) { end.store(length, ordering: .releasing) }

    /// Ends the track.
    package func close() { closed.store(true, ordering: .releasing) }
}

// MARK: - The writer's end

extension RecordingRing {
    /// Moves the oldest frame to the front of `pcm`. Returns its place, or `nil` when none waits.
    ///
    /// - Precondition: `pcm` has room for ``frame`` samples.
    package func pop(into pcm: inout MutableSpan<Int16>) -> Int? {
        precondition(pcm.count >= Self.frame, "room for a frame")
        let count = popped.load(ordering: .relaxed)
        guard count != pushed.load(ordering: .acquiring) else { return nil }
        let place = count % capacity
        unsafe pcm.withUnsafeMutableBufferPointer { target in
            guard let start = target.baseAddress else { return }
            unsafe start.update(from: samples + place * Self.frame, count: Self.frame)
        }
        let number = unsafe places[place]
        popped.store(count &+ 1, ordering: .releasing)
        return number
    }

    /// Says that nobody will pop any more.
    package func abandon() { abandoned.store(true, ordering: .relaxed) }
}
