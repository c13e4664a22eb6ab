/// The newest payloads of one stream, found again by their extended sequence: places that are allocated once.
///
/// Number `n` lies in place `n % places`, over what was there. The owner knows which numbers are there.
@safe package final class PacketRing {
    /// How many there are, a power of two.
    package let places: Int
    /// Bytes in each.
    package let placeSize: Int

    private let bytes: UnsafeMutablePointer<UInt8>
    private let counts: UnsafeMutablePointer<Int>

    /// - Precondition: `places` is a power of two, `placeSize` is positive.
    package init(places: Int, placeSize: Int) {
        precondition(places > 0 && places & (places - 1) == 0 && placeSize > 0, "a ring holds a power of two")
        self.places = places
        self.placeSize = placeSize
        // Untouched pages cost no memory: nothing is written before the first payload.
        unsafe bytes = .allocate(capacity: places * placeSize)
        unsafe counts = .allocate(capacity: places)
        unsafe counts.initialize(repeating: 0, count: places)
    }

    deinit {
        unsafe bytes.deallocate()
        unsafe counts.deallocate()
    }

    /// Copies `payload` to the place of `number`. Returns `false`, changing nothing, when it is too long.
    package func store(_ payload: Span<UInt8>, at number: Int64) -> Bool {
        guard payload.count <= placeSize else { return false }
        let place = self.place(of: number)
        unsafe payload.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            unsafe (bytes + place * placeSize).update(from: start, count: source.count)
        }
        unsafe counts[place] = payload.count
        return true
    }

    /// Bytes at the place of `number`; 0 before anything was stored there.
    package func count(at number: Int64) -> Int { unsafe counts[place(of: number)] }

    /// Copies what is at the place of `number` into `target` from `offset` on.
    ///
    /// - Returns: How many bytes; 0, changing nothing, when they do not fit.
    package func copy(_ number: Int64, into target: inout MutableSpan<UInt8>, at offset: Int) -> Int {
        let place = self.place(of: number)
        let count = unsafe counts[place]
        guard offset >= 0, count > 0, count <= target.count - offset else { return 0 }
        unsafe target.withUnsafeMutableBufferPointer { target in
            guard let start = target.baseAddress else { return }
            unsafe (start + offset).update(from: bytes + place * placeSize, count: count)
        }
        return count
    }

    private func place(of number: Int64) -> Int { Int(truncatingIfNeeded: number & Int64(places - 1)) }
}
