// How much a writer is ready to receive: `b=` (RFC 8866 §5.8).

extension MediaDescription {
    /// Bits per second that the writer wants to receive at most here; `nil` when it does not say.
    ///
    /// `TIAS` counts media alone (RFC 3890) and is preferred to `AS`, which is in kilobits and counts headers too.
    package var maximumBitrate: Int? { bandwidth.maximumBitrate }

    /// Says ``maximumBitrate`` both ways: browsers differ in which they read. `nil` takes it back.
    package mutating func setMaximumBitrate(_ bitsPerSecond: Int?) {
        bandwidth.removeAll { $0.hasPrefix("AS:") || $0.hasPrefix("TIAS:") }
        guard let bitsPerSecond else { return }
        bandwidth += ["AS:\((max(0, bitsPerSecond) + 999) / 1000)", "TIAS:\(max(0, bitsPerSecond))"]
    }
}

extension SessionDescription {
    /// Bits per second for all media together; see ``MediaDescription/maximumBitrate``.
    package var maximumBitrate: Int? { bandwidth.maximumBitrate }
}

extension [String] {
    fileprivate var maximumBitrate: Int? { bandwidth("TIAS") ?? bandwidth("AS").map { $0 * 1000 } }

    /// A number of 32 bits: what is larger cannot be meant.
    private func bandwidth(_ type: String) -> Int? {
        for value in self where value.hasPrefix("\(type):") {
            return UInt32(value.dropFirst(type.count + 1)).map(Int.init)
        }
        return nil
    }
}
