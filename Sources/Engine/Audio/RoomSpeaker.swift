import Conference
import Native

/// Something that is being played.
struct Playing {
    let id: PlaybackID
    let player: SoundPlayer
    /// The one who hears it hears nothing else.
    var isExclusive = false
    /// Its end was ordered, and is nobody's news.
    private(set) var isStopped = false

    init(id: PlaybackID, player: SoundPlayer, isExclusive: Bool = false) {
        (self.id, self.player, self.isExclusive) = (id, player, isExclusive)
    }

    mutating func stop() {
        isStopped = true
        player.stop()
    }

    /// Takes out what ended in the tick before, and notes what ended by itself.
    static func dropEnded(_ list: inout [Playing], ended: inout [PlaybackID]) {
        for playing in list where playing.player.hasEnded && !playing.isStopped { ended.append(playing.id) }
        list.removeAll { $0.player.hasEnded }
    }
}

/// What all in a room hear besides each other: sounds, and music.
struct RoomSpeaker {
    private var playing: [Playing] = []
    private var music: SoundPlayer?
    /// The music before, while it fades.
    private var pastMusic: SoundPlayer?

    init() { playing.reserveCapacity(8) }

    mutating func add(_ new: Playing) { playing.append(new) }

    /// Plays other music from now on, or none.
    mutating func setMusic(_ player: SoundPlayer?) {
        if let music {
            music.stop()
            pastMusic = music
        }
        music = player
    }

    mutating func change(_ id: PlaybackID, _ change: (inout Playing) -> Void) {
        for index in playing.indices where playing[index].id == id { change(&playing[index]) }
    }

    /// Adds the next 20 ms to the bus. Returns how many sounds there are in it.
    mutating func play(into bus: MixBus, ended: inout [PlaybackID]) -> Int {
        var sounding = 0
        if !playing.isEmpty {
            Playing.dropEnded(&playing, ended: &ended)
            for playing in playing { sounding += Self.play(playing.player, into: bus) }
        }
        if let music { sounding += Self.play(music, into: bus) }
        if let past = pastMusic {
            // Its one fading frame may be asked for again by ``add(to:)``: it goes a tick later.
            if past.hasEnded { pastMusic = nil } else { sounding += Self.play(past, into: bus) }
        }
        return sounding
    }

    /// Adds the same 20 ms to another bus.
    func add(to bus: MixBus) {
        for playing in playing where playing.player.hasFrame { bus.add(playing.player.frame) }
        if let music, music.hasFrame { bus.add(music.frame) }
        if let pastMusic, pastMusic.hasFrame { bus.add(pastMusic.frame) }
    }

    private static func play(_ player: SoundPlayer, into bus: MixBus) -> Int {
        player.advance()
        guard player.hasFrame else { return 0 }
        bus.add(player.frame)
        return 1
    }
}
