/// A WAV file in memory: how its samples are written, and where they are.
///
/// PCM of 8, 16, 24 and 32 bits and floating point of 32 and 64 are read. A length that the file is too short for means
/// "to the end", because that is what a recorder leaves that was cut off.
package struct WAVFile: Equatable, Sendable {
    package enum Coding: Equatable, Sendable {
        /// Of 8 bits without a sign, of more with one.
        case pcm(bits: Int)
        /// Full scale is 1.
        case float(bits: Int)

        var bits: Int {
            switch self {
            case .pcm(let bits), .float(let bits): bits
            }
        }
    }

    package let coding: Coding
    /// 1 to 8.
    package let channels: Int
    /// Hz.
    package let rate: Int
    /// Where the samples lie.
    package let data: Range<Int>

    /// Samples of each channel.
    package var frames: Int { data.count / frameSize }

    private var frameSize: Int { channels * coding.bits / 8 }

    package init(parsing bytes: Span<UInt8>) throws(WAVError) {
        guard bytes.count >= 12, bytes.isTag("RIFF", at: 0), bytes.isTag("WAVE", at: 8) else { throw .notWAV }
        var offset = 12
        var format: Format?
        while offset + 8 <= bytes.count {
            let size = Int(bytes.littleEndian32(at: offset + 4))
            let start = offset + 8
            let end = min(bytes.count, start + size)
            if bytes.isTag("fmt ", at: offset), format == nil {
                format = try Format(parsing: bytes.extracting(start..<end))
            } else if bytes.isTag("data", at: offset) {
                guard let format else { throw .badFormat }
                self.init(format, data: start..<end)
                if frames == 0 { throw .noData }
                return
            }
            // Chunks begin at even places.
            offset = start + size + size % 2
        }
        throw .truncated
    }

    private init(_ format: Format, data: Range<Int>) {
        (coding, channels, rate) = (format.coding, format.channels, format.rate)
        self.data = data
    }

    /// The samples as 16 bits, all channels mixed into one.
    ///
    /// - Parameter bytes: What was parsed.
    /// - Complexity: O(samples).
    package func mono(of bytes: Span<UInt8>) -> [Int16] {
        guard data.upperBound <= bytes.count else { return [] }
        let size = coding.bits / 8
        var result: [Int16] = []
        result.reserveCapacity(frames)
        var offset = data.lowerBound
        for _ in 0..<frames {
            var sum = 0
            for _ in 0..<channels {
                sum += sample(bytes, at: offset)
                offset += size
            }
            result.append(Int16(clamping: sum / channels))
        }
        return result
    }

    private func sample(_ bytes: Span<UInt8>, at offset: Int) -> Int {
        switch coding {
        case .pcm(bits: 8): (Int(bytes[offset]) - 128) << 8
        case .pcm(let bits): Int(Int16(bitPattern: bytes.littleEndian16(at: offset + bits / 8 - 2)))
        case .float(bits: 32): Self.scaled(Double(Float(bitPattern: bytes.littleEndian32(at: offset))))
        case .float: Self.scaled(Double(bitPattern: bytes.littleEndian64(at: offset)))
        }
    }

    /// What is no number is silence.
    private static func scaled(_ value: Double) -> Int {
        guard value == value else { return 0 }
        return Int((max(-1, min(value, 1)) * 32_767).rounded())
    }
}

/// The `fmt ` chunk.
private struct Format {
    let coding: WAVFile.Coding
    let channels: Int
    let rate: Int

    init(parsing chunk: Span<UInt8>) throws(WAVError) {
        guard chunk.count >= 16 else { throw .badFormat }
        var number = chunk.littleEndian16(at: 0)
        channels = Int(chunk.littleEndian16(at: 2))
        rate = Int(chunk.littleEndian32(at: 4))
        let align = Int(chunk.littleEndian16(at: 12))
        let bits = Int(chunk.littleEndian16(at: 14))
        // The extensible form names the coding at the front of a long identifier.
        if number == 0xFFFE, chunk.count >= 40 { number = chunk.littleEndian16(at: 24) }
        switch (number, bits) {
        case (1, 8), (1, 16), (1, 24), (1, 32): coding = .pcm(bits: bits)
        case (3, 32), (3, 64): coding = .float(bits: bits)
        case (1, _), (3, _): throw .unsupportedBits(bits)
        default: throw .unsupportedCoding(number)
        }
        guard (1...8).contains(channels) else { throw .unsupportedChannels(channels) }
        guard (4000...192_000).contains(rate) else { throw .unsupportedRate(rate) }
        guard align == channels * bits / 8 else { throw .badFormat }
    }
}

extension Span where Element == UInt8 {
    /// - Precondition: four bytes are there.
    fileprivate func isTag(_ tag: String, at offset: Int) -> Bool {
        zip(tag.utf8, offset..<offset + 4).allSatisfy { $0 == self[$1] }
    }
}
