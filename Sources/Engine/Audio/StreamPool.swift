import RTC

/// Encoders nobody uses now, of each codec. There are as many as can be needed at once, so that a tick never makes one.
struct StreamPool {
    private var spare = [[MixStream]](repeating: [], count: AudioCodec.allCases.count)
    private var made = [Int](repeating: 0, count: AudioCodec.allCases.count)

    /// So many of `codec` were made, those in use included.
    func made(_ codec: AudioCodec) -> Int { made[Int(codec.rawValue)] }

    /// Adds a new one.
    mutating func add(_ stream: MixStream) {
        let place = Int(stream.codec.rawValue)
        made[place] += 1
        spare[place].append(stream)
        // All may come back at once.
        spare[place].reserveCapacity(made[place])
    }

    mutating func take(_ codec: AudioCodec) -> MixStream? { spare[Int(codec.rawValue)].popLast() }

    mutating func giveBack(_ stream: MixStream) { spare[Int(stream.codec.rawValue)].append(stream) }

    func isEmpty(of codec: AudioCodec) -> Bool { spare[Int(codec.rawValue)].isEmpty }

    func setExpectedLoss(percent: Int) {
        for streams in spare { for stream in streams { stream.setExpectedLoss(percent: percent) } }
    }
}
