import Native
import RTC
package import Wire

extension FakePhone {
    /// An offer of everything it has.
    ///
    /// - Parameter hold: As old phones did it, with an address of zeros, or with `sendonly` or `inactive`.
    package func offer(direction: MediaDirection = .sendrecv, address: String? = nil) -> String {
        version += 1
        let crypto = settings.suites.enumerated().map { line($0 + 1, $1) }
        return text(
            settings.codecs, keys: settings.keys, transport: settings.isSAVP ? "RTP/SAVP" : "RTP/AVP", crypto: crypto,
            direction: direction, address: address)
    }

    /// Takes an answer to its offer.
    package func accept(_ answer: String) throws {
        let (session, media) = try audio(of: answer)
        try takeAddress(of: media, in: session)
        try takeCodecs(of: media, receiving: settings.codecs)
        guard let theirs = media.crypto.first else { return try takeKeys(nil, nil) }
        guard settings.suites.indices.contains(theirs.tag - 1),
            name(settings.suites[theirs.tag - 1]) == theirs.suite
        else { throw Failure.noKeys }
        try takeKeys(settings.suites[theirs.tag - 1], theirs.keyAndSalt)
    }

    /// Answers an offer.
    package func answer(to offer: String, direction: MediaDirection? = nil) throws -> String {
        version += 1
        let (session, media) = try audio(of: offer)
        try takeAddress(of: media, in: session)
        try takeCodecs(of: media, receiving: [])
        guard let codec else { throw Failure.noCodec }
        receives[payloadType] = codec
        var crypto: [String] = []
        if let theirs = media.crypto.first(where: { line in settings.suites.contains { name($0) == line.suite } }),
            let suite = settings.suites.first(where: { name($0) == theirs.suite })
        {
            crypto = [line(theirs.tag, suite)]
            try takeKeys(suite, theirs.keyAndSalt)
        } else {
            guard media.transport != "RTP/SAVP" else { throw Failure.noKeys }
            try takeKeys(nil, nil)
        }
        return text(
            [codec], number: payloadType, keys: keysToSend, transport: media.transport, crypto: crypto,
            direction: direction ?? media.direction.mirrored, address: nil)
    }
}

// MARK: - Reading

extension FakePhone {
    private func audio(of text: String) throws -> (SessionDescription, MediaDescription) {
        let session = try SessionDescription(parsing: text)
        guard let media = session.media.first(where: { $0.kind == "audio" && $0.port != 0 }) else {
            throw Failure.noAudio
        }
        return (session, media)
    }

    private func takeAddress(of media: MediaDescription, in session: SessionDescription) throws {
        let port = UInt16(clamping: media.port)
        guard let connection = media.connection ?? session.connection,
            let address = TransportAddress(ip: connection.address, port: port)
        else { throw Failure.noAddress }
        target = address
        reportTarget = TransportAddress(ip: connection.address, port: media.rtcp?.port ?? port + 1)
    }

    private func takeCodecs(of media: MediaDescription, receiving own: [AudioCodec]) throws {
        let known = media.codecs.compactMap { line in
            settings.codecs.first { line.isNamed($0.name) }.map { (codec: $0, number: line.payloadType) }
        }
        guard let first = known.first else { throw Failure.noCodec }
        (codec, payloadType) = (first.codec, first.number)
        receives = [:]
        for codec in own { receives[number(of: codec)] = codec }
        let events = media.codecs.filter { $0.isNamed("telephone-event") }
        let matching = events.first { $0.clockRate == first.codec.clockRate } ?? events.first
        keysToSend = settings.keys == nil ? nil : matching?.payloadType
        keysReceived = Set([settings.keys, keysToSend].compactMap(\.self))
        nextPacket = nil
    }

    private func takeKeys(_ suite: SRTPProfile?, _ theirs: [UInt8]?) throws {
        guard let suite, let theirs, let ours = secrets[suite] else {
            (sender, receiver) = (nil, nil)
            return
        }
        if sender == nil { sender = try SRTPLine(suite, ours, .outbound) }
        receiver = try SRTPLine(suite, theirs, .inbound)
    }
}

// MARK: - Writing

extension FakePhone {
    private func text(
        _ codecs: [AudioCodec], number: UInt8? = nil, keys: UInt8?, transport: String, crypto: [String],
        direction: MediaDirection, address: String?
    ) -> String {
        let announced = settings.announced ?? settings.address
        let family = announced.isIPv6 ? "IP6" : "IP4"
        let numbers = codecs.map { number ?? self.number(of: $0) }
        var lines = [
            "v=0", "o=phone 7 \(version) IN \(family) \(announced.ip)", "s=call",
            "c=IN \(family) \(address ?? announced.ip)", "t=0 0",
            "m=audio \(announced.port) \(transport) "
                + (numbers + (keys.map { [$0] } ?? [])).map(String.init).joined(separator: " "),
        ]
        for (codec, number) in zip(codecs, numbers) {
            lines.append("a=rtpmap:\(number) \(codec.name)/\(codec.clockRate)" + (codec == .opus ? "/2" : ""))
        }
        if let keys {
            lines.append("a=rtpmap:\(keys) telephone-event/\(settings.keysClock)")
            lines.append("a=fmtp:\(keys) 0-16")
        }
        lines += crypto + ["a=ptime:\(settings.ptime)", "a=\(direction.rawValue)"]
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    private func number(of codec: AudioCodec) -> UInt8 {
        settings.numbers[codec] ?? codec.staticPayloadType ?? 107
    }

    private func line(_ tag: Int, _ suite: SRTPProfile) -> String {
        let crypto = SDPCrypto(tag: tag, suite: name(suite), keyAndSalt: secrets[suite] ?? [])
        return "a=crypto:" + (crypto.attribute.value ?? "")
    }

    private func name(_ suite: SRTPProfile) -> String {
        switch suite {
        case .aes128CMSHA1_80: "AES_CM_128_HMAC_SHA1_80"
        case .aes128CMSHA1_32: "AES_CM_128_HMAC_SHA1_32"
        case .aeadAES128GCM: "AEAD_AES_128_GCM"
        }
    }
}
