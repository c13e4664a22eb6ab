package import Wire

/// What one layer of a simulcast offers at the moment.
package struct LayerOffer: Equatable {
    /// Bits per second of temporal layer 0, of 0 and 1, of all.
    package var rates: (UInt64, UInt64, UInt64)
    /// 1 to 3.
    package var temporalLayers: Int
    /// It sends.
    package var isActive: Bool

    package init(rates: (UInt64, UInt64, UInt64), temporalLayers: Int, isActive: Bool) {
        (self.rates, self.temporalLayers, self.isActive) = (rates, temporalLayers, isActive)
    }

    func rate(upTo temporalLayer: Int) -> UInt64 {
        switch temporalLayer {
        case 0: rates.0
        case 1: rates.1
        default: rates.2
        }
    }

    package static func == (left: LayerOffer, right: LayerOffer) -> Bool {
        left.rates == right.rates && left.temporalLayers == right.temporalLayers && left.isActive == right.isActive
    }
}

/// Decides which simulcast layer and which temporal layers one receiver gets.
///
/// From the best down: all temporal layers, without the highest; then the same of the next lower layer; temporal layer 0
/// alone only of the lowest. Down at once, up when there is room to spare and some time after the last change; each
/// time going up turns out wrong, it waits twice as long before it tries again.
package struct LayerChoice {
    package struct Pick: Equatable, Sendable {
        package var layer: Int
        /// The highest TID to send.
        package var temporalLimit: UInt8

        package init(layer: Int, temporalLimit: UInt8) { (self.layer, self.temporalLimit) = (layer, temporalLimit) }
    }

    package private(set) var pick: Pick?
    /// Layers above are not wanted: a small picture needs no more.
    package var highestLayer = 2

    private var changed: Instant?
    private var wentUp: Instant?
    private var patience = LayerChoice.leastPatience

    package init() {}

    /// The next choice is about another sender.
    package mutating func restart() {
        (pick, changed, wentUp) = (nil, nil, nil)
        patience = Self.leastPatience
    }

    /// Chooses among `offers`, lowest layer first.
    ///
    /// - Returns: `nil` when no layer sends.
    package mutating func choose(
        from offers: InlineArray<3, LayerOffer>, capacity: UInt64, at now: Instant
    ) -> Pick? {
        guard let affordable = best(offers, below: capacity) else {
            pick = nil
            return nil
        }
        guard let pick, offers[pick.layer].isActive, pick.layer <= highestLayer else {
            return take(affordable, at: now)
        }
        if rank(affordable) < rank(pick) {
            if let wentUp, now.nanoseconds(since: wentUp) < Self.trial {
                patience = min(patience * 2, Self.mostPatience)
            }
            return take(affordable, at: now)
        }
        guard let roomy = best(offers, below: capacity / 6 * 5), rank(roomy) > rank(pick),
            now.nanoseconds(since: changed ?? now) >= patience
        else { return pick }
        wentUp = now
        return take(roomy, at: now)
    }

    private mutating func take(_ new: Pick, at now: Instant) -> Pick {
        if new != pick { changed = now }
        pick = new
        return new
    }

    /// The best that costs no more than `capacity`; the least there is when all cost more.
    private func best(_ offers: InlineArray<3, LayerOffer>, below capacity: UInt64) -> Pick? {
        var least: Pick?
        for layer in stride(from: min(highestLayer, offers.count - 1), through: 0, by: -1) where offers[layer].isActive
        {
            let offer = offers[layer]
            let top = min(max(offer.temporalLayers, 1), 3) - 1
            let bottom = isLowest(layer, of: offers) ? 0 : min(top, 1)
            for temporal in stride(from: top, through: bottom, by: -1) {
                least = Pick(layer: layer, temporalLimit: temporal == top ? VP8Rewriter.allLayers : UInt8(temporal))
                if offer.rate(upTo: temporal) <= capacity { return least }
            }
        }
        return least
    }

    private func isLowest(_ layer: Int, of offers: InlineArray<3, LayerOffer>) -> Bool {
        for lower in 0..<layer where offers[lower].isActive { return false }
        return true
    }

    private func rank(_ pick: Pick) -> Int { pick.layer * 8 + Int(pick.temporalLimit) }

    private static let leastPatience: Int64 = 3_000_000_000
    private static let mostPatience: Int64 = 60_000_000_000
    /// A step down this soon after a step up was that step's fault.
    private static let trial: Int64 = 10_000_000_000
}
