import Conference
import Native
import RTC

/// Listeners who hear the same: everybody but who is in the mix, and without some they have no relation to.
///
/// The first group of a room leaves nobody out; there are others only where somebody is not to hear somebody.
final class MixGroup {
    /// Whom its listeners do not hear, in order.
    let excluded: [MemberID]
    /// Those of them that are here.
    var blocked: [AudioMember]
    /// How many are in it.
    var size = 0
    /// Its mix in each codec that somebody in it has or had.
    private(set) var outlets: [MixOutlet] = []

    init(excluded: [MemberID] = [], blocked: [AudioMember] = []) {
        self.excluded = excluded
        self.blocked = blocked
    }

    /// Its mix in `codec`, if anybody had that before.
    func outlet(for codec: AudioCodec) -> MixOutlet? { outlets.first { $0.stream.codec == codec } }

    func add(_ stream: MixStream) -> MixOutlet {
        let outlet = MixOutlet(stream: stream)
        outlets.append(outlet)
        return outlet
    }
}

/// One group's mix in one codec.
final class MixOutlet {
    let stream: MixStream
    /// Ticks in a row in which it had listeners; at 0 its encoder has missed what was said.
    var ticks = 0

    init(stream: MixStream) { self.stream = stream }
}
