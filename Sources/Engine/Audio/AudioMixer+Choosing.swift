import Conference

/// Who is in this tick's mix.
extension AudioMixer {
    /// Marks the members to mix: all candidates, or the loudest of them, those already in the mix first among equals.
    func choose() {
        var candidates = 0
        for member in members where member.isCandidate { candidates += 1 }
        guard candidates > settings.loudest else {
            for member in members { member.isMixed = member.isCandidate }
            return
        }
        for member in members where member.isCandidate {
            let score = member.detector.smoothedScore
            member.loudness = member.isMixed ? score + score / 2 + 1 : score
        }
        let threshold = loudnessToBeat()
        var places = settings.loudest
        for member in members {
            member.isMixed = member.isCandidate && member.loudness > threshold
            if member.isMixed { places -= 1 }
        }
        for member in members where places > 0 && member.isCandidate && member.loudness == threshold {
            member.isMixed = true
            places -= 1
        }
    }

    /// The loudness that fewer than ``AudioSettings/loudest`` exceed, found by halving: no list is made.
    private func loudnessToBeat() -> Int {
        var low = 0
        var high = 1 << 17
        while low < high {
            let middle = (low + high) / 2
            var above = 0
            for member in members where member.isCandidate && member.loudness > middle { above += 1 }
            if above > settings.loudest { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
