import Conference
import Native

/// Listeners who hear the same: everybody but who is in the mix, and without some they have no relation to.
///
/// The first group of a room leaves nobody out; there are others only where somebody is not to hear somebody.
final class MixGroup {
    let stream: MixStream
    /// Whom its listeners do not hear, in order.
    let excluded: [MemberID]
    /// Those of them that are here.
    var blocked: [AudioMember]
    /// How many are in it.
    var size = 0
    /// Ticks in a row in which it had listeners; at 0 its encoder has missed what was said.
    var ticks = 0

    init(_ settings: AudioSettings, excluded: [MemberID] = [], blocked: [AudioMember] = []) throws(OpusError) {
        stream = try MixStream(settings)
        self.excluded = excluded
        self.blocked = blocked
    }

    /// How many of this tick's mix are left out.
    var blockedNow: Int {
        var count = 0
        for member in blocked where member.isMixed { count += 1 }
        return count
    }
}
