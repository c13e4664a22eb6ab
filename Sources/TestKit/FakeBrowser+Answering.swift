import Native
import RTC
package import Wire

extension FakeBrowser {
    /// Answers an offer of the server, as after `verto.invite` or `verto.attach`, and begins to check.
    ///
    /// - Parameter text: Its video m-lines take ``Settings/videos`` in their order; those behind the last are refused, as
    ///   is the audio without ``Settings/hasAudio``.
    /// - Returns: The answer, as Chromium writes it (recorded in `sdp/chromium-156-answer-to-lite-offer.sdp`).
    package func respond(to text: String, at now: Instant) throws(BrowserAnswer.Refusal) -> String {
        let offer: SessionDescription
        do { offer = try SessionDescription(parsing: text) } catch { throw .malformed(error) }
        guard offer.iceLite else { throw .notLite }
        // Whoever is offered the choice opens the handshake.
        let role: SetupRole = settings.setup == .passive ? .passive : .active
        var server = try BrowserAnswer(offer, to: offer, role: role, isIPv6: settings.address.isIPv6)
        let writer = ServerOfferAnswer(browser: self, offer: offer, role: role)
        let answer = writer.description
        server.direction = settings.hasAudio ? writer.audio.map { answer.media[$0].direction.mirrored } : nil
        server.videos = server.videos.compactMap { video in
            guard !answer.media[video.index].isRejected else { return nil }
            var video = video
            video.direction = answer.media[video.index].direction.mirrored
            return video
        }
        let mid = writer.audio.flatMap { offer.media[$0].mid?.utf8.first }
        take(server, audioMID: mid ?? UInt8(ascii: "0"), at: now)
        return answer.text
    }
}

/// Writes a browser's answer to an offer of the server.
private struct ServerOfferAnswer {
    let browser: FakeBrowser
    let offer: SessionDescription
    let role: SetupRole

    /// Place of the audio m-line.
    var audio: Int? { offer.media.firstIndex { $0.kind == "audio" } }

    var description: SessionDescription {
        var answer = SessionDescription(
            origin: .init(sessionID: browser.sessionID, sessionVersion: 2, connection: .init(address: "127.0.0.1")))
        var media = offer.media.indices.map { line(at: $0) }
        if let carrier = media.firstIndex(where: { !$0.isRejected }) { place(&media[carrier]) }
        answer.media = media
        let mids = media.filter { !$0.isRejected }.compactMap(\.mid)
        answer.attributes = [
            SDPAttribute("group", "BUNDLE \(mids.joined(separator: " "))"),
            SDPAttribute("msid-semantic", " WMS stream-\(browser.cname)"),
        ]
        return answer
    }

    /// Only the first m-line of a bundle says where the browser is.
    private func place(_ line: inout MediaDescription) {
        let address = browser.settings.address
        line.port = Int(address.port)
        line.connection = SDPConnection(address)
        let host = Candidate(
            foundation: "1690926680", priority: 2_122_194_687, address: address.ip, port: address.port,
            rest: "generation 0 network-id 1")
        line.attributes.insert(host.attribute, at: 1)
    }

    private func line(at index: Int) -> MediaDescription {
        let offered = offer.media[index]
        if offered.kind == "audio", browser.settings.hasAudio {
            let level = browser.settings.offersAudioLevel ? [HeaderExtension.audioLevel] : []
            return accepted(
                offered, names: ["opus", "telephone-event"], extensions: level,
                direction: browser.settings.direction, sources: [StreamSSRCs(media: browser.ssrc, rtx: nil)])
        }
        let place = offer.media[..<index].count { $0.kind == "video" }
        guard offered.kind == "video", browser.settings.videos.indices.contains(place),
            browser.videoSources.indices.contains(place)
        else { return refused(offered) }
        let video = browser.settings.videos[place]
        guard !video.isRefused, video.offersVP8 else { return refused(offered) }
        return accepted(
            offered, names: video.offersRTX ? ["VP8", "rtx"] : ["VP8"], extensions: [], direction: video.direction,
            sources: browser.videoSources[place])
    }

    private func refused(_ offered: MediaDescription) -> MediaDescription {
        MediaDescription(
            kind: offered.kind, port: 0, transport: offered.transport, formats: offered.formats,
            attributes: [SDPAttribute("inactive")] + (offered.mid.map { [SDPAttribute("mid", $0)] } ?? []))
    }

    private func accepted(
        _ offered: MediaDescription, names: [String], extensions: [String], direction: MediaDirection,
        sources: [StreamSSRCs]
    ) -> MediaDescription {
        let codecs = offered.codecs.filter { codec in names.contains { codec.isNamed($0) } }
        let uris = extensions + (browser.settings.offersMID ? [HeaderExtension.mid] : [])
        let direction = narrow(direction, offered.direction.mirrored)
        var attributes = transport(offered)
        attributes += offered.headerExtensions.filter { uris.contains($0.uri) }.map(\.attribute)
        attributes.append(direction.attribute)
        if direction.sends { attributes.append("msid", "stream-\(browser.cname) track-\(offered.mid ?? "")") }
        attributes.append("rtcp-mux")
        if offered.rtcpReducedSize { attributes.append("rtcp-rsize") }
        for codec in codecs { attributes += codec.attributes }
        if direction.sends {
            for source in sources {
                let announced = AnnouncedSource(
                    media: source.media, retransmission: names.contains("rtx") ? source.rtx : nil)
                attributes += announced.attributes(cname: browser.cname, msid: nil)
            }
        }
        return MediaDescription(
            kind: offered.kind, port: 9, transport: offered.transport, formats: codecs.map { String($0.payloadType) },
            connection: SDPConnection(address: "0.0.0.0"), attributes: attributes)
    }

    private func transport(_ offered: MediaDescription) -> [SDPAttribute] {
        let fingerprint = browser.settings.claimedFingerprint ?? browser.context.fingerprint
        var attributes = [
            SDPAttribute("rtcp", "9 IN IP4 0.0.0.0"),
            SDPAttribute("ice-ufrag", browser.ufrag),
            SDPAttribute("ice-pwd", browser.pwd),
            SDPAttribute("ice-options", "trickle"),
            SDPAttribute("fingerprint", "sha-256 \(fingerprint)"),
            role.attribute,
        ]
        if let mid = offered.mid { attributes.append("mid", mid) }
        return attributes
    }

    /// What both want.
    private func narrow(_ ours: MediaDirection, _ theirs: MediaDirection) -> MediaDirection {
        switch (ours.sends && theirs.sends, ours.receives && theirs.receives) {
        case (true, true): .sendrecv
        case (true, false): .sendonly
        case (false, true): .recvonly
        case (false, false): .inactive
        }
    }
}
