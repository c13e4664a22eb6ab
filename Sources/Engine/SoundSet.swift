package import Conference
package import Native

/// The sounds a room may be told to play, by name: whoever gives the order has loaded them before.
///
/// Belongs to one media loop. What does not fit any more goes, the longest unused first; what is being played stays
/// until it ends, as does what was kept for the room's whole life.
package final class SoundSet {
    private struct Entry {
        let sound: Native.Sound
        let isKept: Bool
        var used: Int
    }

    /// Bytes of all sounds that are not kept.
    package private(set) var byteCount = 0

    private let limit: Int
    private var entries: [SoundName: Entry] = [:]
    private var uses = 0

    /// - Parameters:
    ///   - kept: Sounds of the room's profile, which stay.
    ///   - limit: Bytes for the others.
    package init(kept: [SoundName: Native.Sound] = [:], limit: Int = 256 << 20) {
        self.limit = limit
        entries = kept.mapValues { Entry(sound: $0, isKept: true, used: 0) }
    }

    package subscript(name: SoundName) -> Native.Sound? {
        uses += 1
        entries[name]?.used = uses
        return entries[name]?.sound
    }

    /// Adds a sound, or replaces the one of that name. A kept one stays kept.
    package func insert(_ sound: Native.Sound, named name: SoundName) {
        let old = entries[name]
        if let old, !old.isKept { byteCount -= old.sound.byteCount }
        uses += 1
        let entry = Entry(sound: sound, isKept: old?.isKept == true, used: uses)
        entries[name] = entry
        guard !entry.isKept else { return }
        byteCount += sound.byteCount
        while byteCount > limit, let oldest = longestUnused(but: name) { remove(oldest) }
    }

    private func remove(_ name: SoundName) {
        guard let entry = entries.removeValue(forKey: name) else { return }
        byteCount -= entry.sound.byteCount
    }

    private func longestUnused(but name: SoundName) -> SoundName? {
        entries.filter { !$0.value.isKept && $0.key != name }.min { $0.value.used < $1.value.used }?.key
    }
}
