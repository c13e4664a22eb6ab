import Glibc
import Native
import Wire

/// One file of a recording that grows: frames of 20 ms at 48 kHz, mono.
///
/// What is written can be read at any time: after ``commit()`` all of it, and after a crash all but the last second.
final class RecordingFile {
    /// Frames so far, those of silence included.
    private(set) var frames = 0
    let path: String

    private let disk: GrowingFile
    private var coding: Coding

    private enum Coding {
        case opus(OpusCoding)
        case wav(waiting: [UInt8], size: Int)
    }

    /// Makes the file, which must not be there.
    ///
    /// - Parameters:
    ///   - path: Written as WAV when it ends in `.wav`, else as Ogg Opus.
    ///   - comments: Lines as `TITLE=Room 3500`, which only Ogg has a place for.
    init(_ path: String, comments: [String], bitrate: Int) throws(FileError) {
        self.path = path
        if path.lowercased().hasSuffix(".wav") {
            coding = .wav(waiting: WAVHeader.bytes(channels: 1, rate: Sound.rate, dataSize: 0), size: 0)
        } else {
            do throws(OpusError) {
                coding = .opus(try OpusCoding(comments: comments, bitrate: bitrate))
            } catch {
                throw FileError("libopus", code: ENOMEM)
            }
        }
        disk = try GrowingFile(path)
        try commit()
    }

    /// Adds a frame.
    func append(_ pcm: Span<Int16>) throws(FileError) {
        frames += 1
        switch coding {
        case .opus(let opus): opus.append(pcm)
        case .wav(var waiting, let size):
            coding = .wav(waiting: [], size: size)  // one owner, or every frame copies what waits
            for index in pcm.indices { waiting.append(littleEndian: pcm[index]) }
            coding = .wav(waiting: waiting, size: size)
        }
    }

    /// Adds frames of silence: members are silent most of the time.
    func appendSilence(_ count: Int) throws(FileError) {
        var left = count
        while left > 0 {
            // A second at a time, so that a long pause does not pile up in memory.
            let part = min(left, 50)
            frames += part
            switch coding {
            case .opus(let opus): for _ in 0..<part { opus.appendSilence() }
            case .wav(let waiting, let size):
                let silence = [UInt8](repeating: 0, count: part * RecordingRing.frame * 2)
                coding = .wav(waiting: waiting + silence, size: size)
            }
            left -= part
            if left > 0 { try write() }
        }
    }

    /// Writes what has been added, and waits for the disk.
    func commit() throws(FileError) {
        try write()
        try disk.sync()
    }

    /// Ends the file.
    func finish() throws(FileError) {
        if case .opus(let opus) = coding { opus.finish() }
        try commit()
    }

    private func write() throws(FileError) {
        switch coding {
        case .opus(let opus): try disk.append(opus.takePages())
        case .wav(let waiting, let size):
            guard !waiting.isEmpty else { return }
            let isFirst = size == 0 && disk.size == 0
            let grown = size + waiting.count - (isFirst ? WAVHeader.size : 0)
            guard grown <= WAVHeader.largestData else { throw FileError("write", code: EFBIG) }
            try disk.append(waiting)
            // First the samples, then their number: a header is never ahead of the file.
            let header = WAVHeader.bytes(channels: 1, rate: Sound.rate, dataSize: grown)
            if !isFirst { try disk.overwrite(header) }
            coding = .wav(waiting: [], size: grown)
        }
    }
}

/// Encodes a track, and puts packets into pages.
private final class OpusCoding {
    private var encoder: OpusEncoder
    private var writer: OggOpusWriter
    private let silence = [Int16](repeating: 0, count: RecordingRing.frame)
    /// Frames of silence one behind the other.
    private var silentFrames = 0

    init(comments: [String], bitrate: Int) throws(OpusError) {
        encoder = try OpusEncoder(bitrate: bitrate, complexity: 5, application: .audio)
        writer = OggOpusWriter(
            serial: UInt32.random(in: .min ... .max), head: OpusHead(channels: 1, preSkip: Self.lookahead),
            tags: OpusTags(vendor: "Parley", comments: comments))
    }

    func append(_ pcm: Span<Int16>) {
        // What the encoder knows is from before the pause.
        if silentFrames > Self.fading { encoder.reset() }
        silentFrames = 0
        encode(pcm)
    }

    func appendSilence() {
        silentFrames += 1
        guard silentFrames > Self.fading else {
            let silence = silence
            return encode(silence.span)
        }
        append(Self.silentPacket)
    }

    /// Pages with all but the last packet.
    func takePages() -> [UInt8] {
        writer.flush()
        defer { writer.output = [] }
        return writer.output
    }

    func finish() {
        // What the encoder still holds comes out with one frame more, of which only that counts.
        let end = writer.granule + Int64(Self.lookahead)
        appendSilence()
        writer.finish(at: end)
    }

    private func encode(_ pcm: Span<Int16>) {
        var packet = [UInt8](repeating: 0, count: Self.largestPacket)
        var bytes = packet.mutableSpan
        let count = (try? encoder.encode(pcm, into: &bytes)) ?? 0
        append(count > 0 ? Array(packet[..<count]) : Self.silentPacket)
    }

    private func append(_ packet: [UInt8]) { writer.append(packet.span, samples: RecordingRing.frame) }

    /// RFC 6716 §3.4.
    private static let largestPacket = 1275
    /// Samples by which libopus is late at 48 kHz, as it says of itself (`OPUS_GET_LOOKAHEAD`).
    private static let lookahead = 312
    /// Frames until what was said has faded from codec and room.
    private static let fading = 5
    /// CELT, full band, 20 ms, mono, its silence flag set (RFC 6716 §4.3): decoders need no frame before it.
    private static let silentPacket: [UInt8] = [0xF8, 0xFF, 0xFE]
}
