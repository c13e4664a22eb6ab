import Wire

extension ConfigurationReport {
    mutating func seconds(_ parameter: Parameter, in range: ClosedRange<Int> = 1...604_800) -> Duration? {
        integer(parameter, in: range).map { .seconds($0) }
    }

    mutating func milliseconds(_ parameter: Parameter) -> Duration? {
        integer(parameter, in: 10...600_000).map { .milliseconds($0) }
    }

    /// 0 takes a free one.
    mutating func port(_ parameter: Parameter) -> UInt16? { integer(parameter, in: 0...65_535).map { UInt16($0) } }

    /// `ext-sip-ip` and `ext-rtp-ip`: an address that somebody else gave us; nothing is asked for it.
    mutating func outsideAddress(_ parameter: Parameter) -> String? {
        var text = parameter.value[...]
        if text.hasPrefix("autonat:") { text = text.dropFirst(8) }
        if text.isEmpty { return nil }
        if let address = TransportAddress(ip: String(text), port: 0) { return address.ip }
        if text.hasPrefix("auto") || text.hasPrefix("stun:") || text.hasPrefix("host:") {
            warn("\(parameter.name): '\(text)' is not looked up; give the address", at: parameter.origin)
        } else {
            fail("\(parameter.name): '\(text)' is not an IP address", at: parameter.origin)
        }
        return nil
    }

    /// Names of codecs, best first, without what they carry behind an `@`; those we do not have are listed and left out.
    mutating func phoneCodecs(_ parameter: Parameter) -> [String]? {
        let names = parameter.value.split(separator: ",").compactMap {
            $0.filter { $0 != " " }.uppercased().split(separator: "@").first.map(String.init)
        }
        for name in names where !Self.phoneCodecNames.contains(name) {
            warn("codec '\(name)' is not supported by phones and left out", at: parameter.origin)
        }
        let supported = names.filter { Self.phoneCodecNames.contains($0) }
        if !supported.isEmpty { return supported }
        fail("\(parameter.name): '\(parameter.value)' leaves no codec; add PCMA or PCMU", at: parameter.origin)
        return nil
    }

    private static let phoneCodecNames: Set<String> = ["OPUS", "G722", "PCMU", "PCMA"]
}
