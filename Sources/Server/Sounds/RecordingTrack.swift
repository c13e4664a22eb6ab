import Native

/// Moves what a ring holds to a file, silence for what it does not.
final class RecordingTrack {
    enum Progress { case running, ended }

    let ring: RecordingRing
    let file: RecordingFile
    /// Frames between the beginning of the recording and that of this file; known once the first one came.
    private(set) var start: Int?

    private let scratch = PCMBuffer(count: RecordingRing.frame)

    init(_ ring: RecordingRing, to file: RecordingFile, startsAtOnce: Bool) {
        (self.ring, self.file) = (ring, file)
        if startsAtOnce { start = 0 }
    }

    /// Frames of the file.
    var length: Int { file.frames }

    /// Takes everything that has come.
    func drain() throws(FileError) -> Progress {
        let (isClosed, length) = (ring.isClosed, ring.length)
        while let place = next() {
            let begin = begin(at: place)
            // Never back in time.
            guard place >= begin + file.frames else { continue }
            try file.appendSilence(place - begin - file.frames)
            try append()
        }
        if length > 0 {
            let begin = begin(at: length)
            if length > begin + file.frames { try file.appendSilence(length - begin - file.frames) }
        }
        return isClosed ? .ended : .running
    }

    private func begin(at place: Int) -> Int {
        if let start { return start }
        start = place
        return place
    }

    private func next() -> Int? { scratch.withMutableSpan { ring.pop(into: &$0) } }

    private func append() throws(FileError) {
        let result = scratch.withSpan { span in
            Result { () throws(FileError) in try file.append(span) }
        }
        try result.get()
    }
}
