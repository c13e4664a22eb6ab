import Glibc
import Native
import Wire

/// Reads a whole WAV or Ogg Opus file and makes what the mixer plays of it: 48 kHz, one channel.
///
/// Slow: a minute takes some 50 ms. Never on a media loop.
package enum SoundFileReader {
    /// Of a sound; 58 MB in memory.
    package static let longest: Duration = .seconds(600)
    /// Bytes of a file.
    package static let largestFile = 256 << 20

    /// - Parameter folder: Where the file must be, once all links are followed.
    static func sound(at path: String, below folder: String) throws(SoundError) -> Sound {
        let bytes = try file(at: path, below: folder)
        let samples = try decode(bytes)
        guard !samples.isEmpty else { throw .empty }
        return Sound(samples: samples)
    }

    /// Goes by what the file begins with, not by its name.
    package static func decode(_ bytes: [UInt8]) throws(SoundError) -> [Int16] {
        if bytes.starts(with: OggPage.mark) { return try opus(bytes) }
        if bytes.starts(with: Array("RIFF".utf8)) { return try wav(bytes) }
        throw .unsupported("neither WAV nor Ogg Opus")
    }

    private static func wav(_ bytes: [UInt8]) throws(SoundError) -> [Int16] {
        let file: WAVFile
        do throws(WAVError) { file = try WAVFile(parsing: bytes.span) } catch { throw .unsupported("\(error)") }
        guard file.frames <= Int(longest.components.seconds) * file.rate else { throw .tooLong }
        let samples = file.mono(of: bytes.span)
        return file.rate == Sound.rate ? samples : try resampled(samples, from: file.rate)
    }

    private static func resampled(_ samples: [Int16], from rate: Int) throws(SoundError) -> [Int16] {
        do throws(SpeexError) {
            return try Resampler.convert(samples.span, from: rate, to: Sound.rate)
        } catch {
            throw .unsupported("resampling: \(error)")
        }
    }

    private static func opus(_ bytes: [UInt8]) throws(SoundError) -> [Int16] {
        do {
            var reader = try OggOpusReader(bytes)
            var decoder = try OpusDecoder()
            var samples: [Int16] = []
            var frame = [Int16](repeating: 0, count: OpusDuration.longest)
            let most = Int(longest.components.seconds) * Sound.rate + reader.head.preSkip
            while let packet = try reader.next() {
                var pcm = frame.mutableSpan
                // A packet that is none costs what it would have said, and no more.
                let count = (try? decoder.decode(packet.span, into: &pcm)) ?? 0
                samples += frame[..<count]
                // The last packet may hold more than the sound.
                guard samples.count <= most + OpusDuration.longest else { throw SoundError.tooLong }
            }
            let range = reader.soundRange(ofDecoded: samples.count)
            guard range.count <= most else { throw SoundError.tooLong }
            return amplified(samples[range], by: reader.head.gain)
        } catch let error as SoundError {
            throw error
        } catch {
            throw .unsupported("\(error)")
        }
    }

    /// - Parameter gain: In 1/256 dB (RFC 7845 §5.1).
    private static func amplified(_ samples: ArraySlice<Int16>, by gain: Int16) -> [Int16] {
        guard gain != 0 else { return Array(samples) }
        let factor = pow(10, Double(gain) / (20 * 256))
        return samples.map { Int16(max(-32_768, min((Double($0) * factor).rounded(), 32_767))) }
    }
}

// MARK: - The file

extension SoundFileReader {
    private static func file(at path: String, below folder: String) throws(SoundError) -> [UInt8] {
        guard let real = realPath(path) else { throw errno == ENOENT ? .notFound : .unreadable(reason) }
        guard let root = realPath(folder), real.hasPrefix(root == "/" ? "/" : root + "/") else { throw .outside }
        // A pipe would let us wait for ever.
        let descriptor = unsafe open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .unreadable(reason) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .unreadable(reason) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable("it is no file") }
        guard status.st_size <= largestFile else { throw .tooLarge }
        return try contents(of: descriptor, size: Int(status.st_size))
    }

    private static func contents(of descriptor: CInt, size: Int) throws(SoundError) -> [UInt8] {
        var failure: CInt = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size, let start = buffer.baseAddress {
                let read = unsafe pread(descriptor, start + count, size - count, off_t(count))
                guard read > 0 || (read < 0 && errno == EINTR) else {
                    // A file that has become shorter just ends.
                    failure = read < 0 ? errno : 0
                    return
                }
                count += max(0, read)
            }
        }
        guard failure == 0 else { throw .unreadable("\(FileError("read", code: failure))") }
        return bytes
    }

    private static func realPath(_ path: String) -> String? {
        guard let real = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }

    private static var reason: String { unsafe String(cString: strerror(errno)) }
}
