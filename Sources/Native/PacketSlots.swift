/// Fixed places for payloads, such as a jitter buffer's ring: allocated once, written and read in place.
@safe package final class PacketSlots {
    /// How many places there are.
    package let slots: Int
    /// Bytes in each.
    package let slotSize: Int

    private let bytes: UnsafeMutablePointer<UInt8>
    private let counts: UnsafeMutablePointer<Int>

    /// - Precondition: Both are positive.
    package init(slots: Int, slotSize: Int) {
        precondition(slots > 0 && slotSize > 0, "slots hold something")
        self.slots = slots
        self.slotSize = slotSize
        unsafe bytes = .allocate(capacity: slots * slotSize)
        unsafe bytes.initialize(repeating: 0, count: slots * slotSize)
        unsafe counts = .allocate(capacity: slots)
        unsafe counts.initialize(repeating: 0, count: slots)
    }

    deinit {
        unsafe bytes.deallocate()
        unsafe counts.deallocate()
    }

    /// Copies `payload` into `slot`, over what was there. Returns `false`, changing nothing, when it is too long.
    ///
    /// - Precondition: `slot` exists.
    package func store(_ payload: Span<UInt8>, in slot: Int) -> Bool {
        precondition((0..<slots).contains(slot), "no such slot")
        guard payload.count <= slotSize else { return false }
        unsafe payload.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            unsafe (bytes + slot * slotSize).update(from: start, count: source.count)
        }
        unsafe counts[slot] = payload.count
        return true
    }

    /// Bytes in `slot`; 0 when nothing was stored.
    package func count(of slot: Int) -> Int {
        precondition((0..<slots).contains(slot), "no such slot")
        return unsafe counts[slot]
    }

    /// Empties `slot`.
    package func clear(_ slot: Int) {
        precondition((0..<slots).contains(slot), "no such slot")
        unsafe counts[slot] = 0
    }

    /// Lends the bytes in `slot`.
    package func withSlot<R>(_ slot: Int, _ body: (Span<UInt8>) throws -> R) rethrows -> R {
        precondition((0..<slots).contains(slot), "no such slot")
        let stored = unsafe UnsafeBufferPointer(start: bytes + slot * slotSize, count: counts[slot])
        return try body(unsafe stored.span)
    }
}
