/// Text of IP addresses, without asking the system: `inet_pton` and `inet_ntop` in our own words.
enum IPLiteral {
    /// Four decimal numbers from 0 to 255, no leading zeros.
    static func ipv4(_ text: some Collection<UInt8>) -> UInt32? {
        var address: UInt32 = 0
        var parts = 0
        for part in text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            guard let number = decimalByte(part) else { return nil }
            parts += 1
            guard parts <= 4 else { return nil }
            address = address << 8 | UInt32(number)
        }
        return parts == 4 ? address : nil
    }

    /// RFC 4291 §2.2: eight groups, one `::` for at least one group of zeros, the last two may be dotted IPv4.
    static func ipv6(_ text: some Collection<UInt8>) -> (high: UInt64, low: UInt64)? {
        guard text.count <= maximumLength else { return nil }
        let bytes = Array(text)
        guard let gap = doubleColon(in: bytes) else {
            guard let groups = groups(bytes[...]), groups.count == 8 else { return nil }
            return halves(groups)
        }
        guard let front = groups(bytes[..<gap], mayEndInIPv4: false), let back = groups(bytes[(gap + 2)...]),
            front.count + back.count <= 7
        else { return nil }
        let zeros = [UInt16](repeating: 0, count: 8 - front.count - back.count)
        return halves(front + zeros + back)
    }

    static func text(_ ipv4: UInt32) -> String {
        "\(ipv4 >> 24).\(ipv4 >> 16 & 0xFF).\(ipv4 >> 8 & 0xFF).\(ipv4 & 0xFF)"
    }

    /// Lower case, no leading zeros, the longest run of at least two zero groups as `::` (RFC 5952 §4).
    static func text(high: UInt64, low: UInt64) -> String {
        let groups = [high, low].flatMap { half in [48, 32, 16, 0].map { UInt16(truncatingIfNeeded: half >> $0) } }
        let run = longestZeroRun(groups)
        guard run.count >= 2 else { return joined(groups[...]) }
        return joined(groups[..<run.lowerBound]) + "::" + joined(groups[run.upperBound...])
    }

    private static func decimalByte(_ digits: some Collection<UInt8>) -> UInt8? {
        guard (1...3).contains(digits.count), digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return UInt8(exactly: value)
    }

    private static func doubleColon(in bytes: [UInt8]) -> Int? {
        let colon = UInt8(ascii: ":")
        return bytes.indices.dropLast().first { bytes[$0] == colon && bytes[$0 + 1] == colon }
    }

    private static func groups(_ bytes: ArraySlice<UInt8>, mayEndInIPv4: Bool = true) -> [UInt16]? {
        if bytes.isEmpty { return [] }
        let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if let group = hexGroup(part) {
                groups.append(group)
            } else if mayEndInIPv4, index == parts.count - 1, let tail = ipv4(part) {
                groups += [UInt16(tail >> 16), UInt16(truncatingIfNeeded: tail)]
            } else {
                return nil
            }
        }
        return groups.count <= 8 ? groups : nil
    }

    private static func hexGroup(_ digits: ArraySlice<UInt8>) -> UInt16? {
        guard (1...4).contains(digits.count) else { return nil }
        var value: UInt16 = 0
        for digit in digits {
            guard let nibble = digit.hexDigitValue else { return nil }
            value = value << 4 | UInt16(nibble)
        }
        return value
    }

    private static func halves(_ groups: [UInt16]) -> (high: UInt64, low: UInt64) {
        func half(_ part: ArraySlice<UInt16>) -> UInt64 { part.reduce(0) { $0 << 16 | UInt64($1) } }
        return (half(groups[..<4]), half(groups[4...]))
    }

    private static func longestZeroRun(_ groups: [UInt16]) -> Range<Int> {
        var best = 0..<0
        var start = 0
        for (index, group) in groups.enumerated() {
            if group != 0 { start = index + 1 } else if index + 1 - start > best.count { best = start..<(index + 1) }
        }
        return best
    }

    private static func joined(_ groups: ArraySlice<UInt16>) -> String {
        groups.map { String($0, radix: 16) }.joined(separator: ":")
    }

    /// The longest literal: six groups of four and a dotted quad of fifteen.
    private static let maximumLength = 45
}

extension UInt8 {
    /// The value of an ASCII hexadecimal digit of either case.
    var hexDigitValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
