import Calls
import Conference
import Logging
import RTC
import SIP
import Verto
import Wire

/// Calls that come through the SIP door: phones, trunks and gateways.
extension Bridge {
    /// What the SIP sockets say.
    func handle(_ events: [SIPTransportEvent]) {
        for event in events {
            switch event {
            case .received(let bytes, let path): phones.received(bytes, over: path, at: now, into: &phoneQueue)
            case .opened(let path): phones.opened(path, at: now)
            case .closed(let connection): phones.closed(connection, at: now, into: &phoneQueue)
            case .undeliverable(let path): phones.undeliverable(path, at: now, into: &phoneQueue)
            case .resolved(let token, let addresses): phones.resolved(token, addresses, at: now, into: &phoneQueue)
            }
            carryOut()
        }
    }

    /// Gateways register.
    func startPhones() {
        phones.start(at: now, into: &phoneQueue)
        carryOut()
    }

    func carryOut(_ output: SIPOutput) {
        switch output {
        case .send(let bytes, let path): helpers.sockets?.send(bytes, over: path)
        case .close(let connection): helpers.sockets?.close(connection)
        case .resolve(let token, let lookup): helpers.sockets?.resolve(token, lookup)
        case .registered(let handle, let user, let profile):
            follow(step(.sipRegistered(handle: handle, user: user, profile: profile)))
        case .unregistered(let handle): follow(step(.sipUnregistered(handle: handle)))
        case .invite(let invite): accept(invite)
        case .proven(let id): proven(id)
        case .ringing(let id): follow(step(.ringing(id)))
        case .early(let id, let sdp): progressed(id, sdp)
        case .answered(let id, let sdp, let name, let number): answered(id, sdp, name: name, number: number)
        case .hangUp(let id, let cause, let ending): ended(id, cause, ending)
        case .redirected(let id, let targets): follow(step(.redirected(id, to: targets)))
        case .reoffer(let token, let id, let offer): reoffered(id, offer, token)
        case .answerToOffer(let id, let sdp): settled(id, sdp)
        case .digits(let id, let digits): pressed(digits, byINFOOf: id)
        case .refreshVideo(let id): order(.refreshVideo(id), for: id)
        case .refer(let token, let id, let target, let other): refer(id, to: target, replacing: other, token)
        case .referred(let id, let status): if status >= 200 { follow(step(.deflected(id, hasLeft: status < 300))) }
        case .replaced(let old, let invite): replace(old, with: invite)
        case .message(let token, let text): pass(text, token)
        case .log(let entry): note(entry)
        case .count(let counter): count(counter)
        }
    }

    // MARK: A phone calls

    private func accept(_ invite: SIPInvite) {
        guard let leg = admit(invite) else { return }
        follow(step(.invited(leg)))
    }

    /// Makes room for a call that came in; `nil`: there is none, and the caller has been told.
    private func admit(_ invite: SIPInvite) -> Leg? {
        let leg = Leg(
            id: invite.leg, kind: .sip(.caller(profile: invite.profile, id: invite.owner)),
            callerIDName: invite.callerIDName, callerIDNumber: invite.callerIDNumber, destination: invite.destination,
            context: invite.context, user: invite.user, domain: invite.domain,
            networkAddress: invite.remoteAddress, isRecoverable: false, variables: invite.variables)
        guard isFree(invite.leg), let profile = settings.sip.profile(invite.profile) else {
            refuse(invite.leg, .destinationOutOfOrder)
            return nil
        }
        let room = loops.count > 1 ? foreseenRoom(of: leg) : nil
        let loop = chooseLoop(for: room)
        guard
            var media = phoneMedia(
                profile, near: TransportAddress(ip: invite.remoteAddress, port: 0), codecs: profile.inboundCodecs,
                secure: SDESPolicy(profile, invite.variables, isOffer: false), variables: invite.variables)
        else {
            refuse(invite.leg, .switchCongestion)
            return nil
        }
        media.isProven = phones.isProven(invite.leg)
        calls[invite.leg] = BridgedCall(.phoned(invite), on: loop, .phone(media), foreseenRoom: room)
        return leg
    }

    /// Its media may go to where its SDP says.
    private func proven(_ id: LegID) {
        guard calls[id]?.phone?.isProven == false else { return }
        calls[id]?.phone?.isProven = true
        order(.proven(id), for: id)
    }

    private func refuse(_ id: LegID, _ cause: HangupCause) {
        phones.call(id, .ended(cause), at: now, into: &phoneQueue)
    }

    /// The caller hears that it rings.
    func ring(_ id: LegID) {
        tellVariables(of: id)
        phones.call(id, .ringing, at: now, into: &phoneQueue)
    }

    /// Headers that the dialplan wants said (`sip_ph_…` and the like) are variables of the leg.
    private func tellVariables(of id: LegID) {
        guard let variables = switchboard.leg(id)?.variables.filter({ $0.key.hasPrefix("sip_") }), !variables.isEmpty
        else { return }
        phones.setVariables(variables, of: id)
    }

    /// Answers the offer, or makes one where the caller made none; the first time it opens the media.
    func open(_ id: LegID, _ phone: PhoneMedia, isEarly: Bool) {
        guard let call = calls[id], case .phoned(let invite) = call.origin else { return }
        tellVariables(of: id)
        if phone.negotiation != nil || phone.offer != nil {
            if !isEarly { phones.call(id, .answered(sdp: nil), at: now, into: &phoneQueue) }
            return
        }
        guard let offer = invite.offer else {
            // Without an offer there is nothing to send early media to.
            if isEarly { return }
            let ours = PlainOffer(from: phone.local, codecs: phone.codecs, secure: phone.secure)
            calls[id]?.phone?.offer = ours
            // The dialplan goes on before the answer comes with the ACK.
            calls[id]?.phone?.isExpected = true
            if let expected = ours.expected { carry(id, expected) }
            return phones.call(id, .answered(sdp: ours.text), at: now, into: &phoneQueue)
        }
        do throws(PlainNegotiation.Failure) {
            let negotiation = try PlainNegotiation(
                answering: offer, from: phone.local, codecs: phone.codecs, secure: phone.secure)
            carry(id, negotiation)
            let sdp = negotiation.text
            phones.call(id, isEarly ? .early(sdp: sdp) : .answered(sdp: sdp), at: now, into: &phoneQueue)
        } catch {
            log.info("offer refused", metadata: ["leg": "\(id)", "reason": "\(error)"])
            (failedStatuses[id], warnings[id]) = (error.status, error.warning.code)
            follow(step(.mediaFailed(id, .incompatibleDestination)))
        }
    }

    // MARK: We call a phone

    func place(_ outgoing: Outgoing, at target: SIPTarget) {
        let leg = outgoing.leg
        guard let profile = profile(of: target) else { return fail(leg.id, target.causeWithoutProfile) }
        let like = outgoing.like.flatMap { calls[$0] }
        let loop = like?.loop ?? nearby ?? chooseLoop(for: nil)
        guard
            let media = phoneMedia(
                profile, near: phones.address(of: target, leg.variables, at: now),
                codecs: leg.codecNames ?? profile.outboundCodecs,
                secure: SDESPolicy(profile, leg.variables, isOffer: true), variables: leg.variables)
        else { return fail(leg.id, .switchCongestion) }
        guard !media.codecs.isEmpty else { return fail(leg.id, .bearercapabilityNotimpl) }
        let offer = PlainOffer(from: media.local, codecs: media.codecs, secure: media.secure)
        var phone = media
        phone.offer = offer
        calls[leg.id] = BridgedCall(.placed(outgoing), on: loop, .phone(phone))
        let placed = SIPPlacedCall(
            leg: leg, target: target, sdp: offer.text, callerIDName: leg.callerIDName,
            callerIDNumber: leg.callerIDNumber, variables: leg.variables, maxForwards: outgoing.maxForwards)
        if let cause = phones.place(placed, at: now, into: &phoneQueue) {
            calls[leg.id] = nil
            fail(leg.id, cause)
        }
    }

    private func profile(of target: SIPTarget) -> SIPProfile? {
        switch target {
        case .caller(let name, _), .address(let name, _), .binding(_, let name): settings.sip.profile(name)
        case .gateway(let name, _): settings.sip.gateway(name)?.profile
        }
    }

    private func progressed(_ id: LegID, _ sdp: String) {
        guard accept(sdp, of: id) else { return }
        follow(step(.progress(id)))
    }

    private func answered(_ id: LegID, _ sdp: String, name: String?, number: String?) {
        guard accept(sdp, of: id) else { return }
        calls[id]?.phone?.offer = nil
        follow(step(.answered(id, name: name, number: number)))
    }

    /// What our offer came to; `false`: to nothing, and the call ends.
    ///
    /// Several early answers and a last one may come to one offer, each from another phone.
    private func accept(_ sdp: String, of id: LegID) -> Bool {
        guard let phone = calls[id]?.phone, let offer = phone.offer else { return false }
        do throws(PlainNegotiation.Failure) {
            carry(id, try offer.accept(sdp))
            return true
        } catch {
            log.info("answer refused", metadata: ["leg": "\(id)", "reason": "\(error)"])
            follow(step(.mediaFailed(id, .incompatibleDestination)))
            return false
        }
    }

    // MARK: Its end

    private func ended(_ id: LegID, _ cause: HangupCause, _ ending: SIPEnding) {
        var values = ["sip_hangup_disposition": ending.disposition.rawValue]
        if let status = ending.status {
            values["sip_term_status"] = "\(status)"
            values["proto_specific_hangup_cause"] = "sip:\(status)"
        }
        switchboard.setVariables(values, of: id)
        follow(step(.hungUp(id, cause)))
    }

    // MARK: Changes of a call

    /// The far end offers something else, or puts us on hold, or wants an offer of ours.
    private func reoffered(_ id: LegID, _ offer: String?, _ token: SIPRequestToken) {
        guard let phone = calls[id]?.phone, let previous = phone.negotiation else {
            return phones.answerOffer(token, .refused(status: 488), at: now, into: &phoneQueue)
        }
        guard let offer else {
            let ours = PlainOffer(from: phone.local, codecs: phone.codecs, secure: phone.secure, previous: previous)
            calls[id]?.phone?.offer = ours
            return phones.answerOffer(token, .answered(sdp: ours.text), at: now, into: &phoneQueue)
        }
        do throws(PlainNegotiation.Failure) {
            let negotiation = try PlainNegotiation(
                answering: offer, from: phone.local, codecs: phone.codecs, secure: phone.secure, previous: previous)
            phones.answerOffer(token, .answered(sdp: negotiation.text), at: now, into: &phoneQueue)
            calls[id]?.phone?.offer = nil
            carry(id, negotiation)
            follow(step(.heldByFarEnd(id, negotiation.isHold)))
        } catch {
            log.info("another offer refused", metadata: ["leg": "\(id)", "reason": "\(error)"])
            phones.answerOffer(
                token, .refused(status: error.status, warning: error.warning.code), at: now, into: &phoneQueue)
        }
    }

    /// The answer to an offer of ours in an answered call.
    ///
    /// A refresh of the session repeats what was agreed on, and its answer may bring something else.
    private func settled(_ id: LegID, _ sdp: String?) {
        guard let sdp, let phone = calls[id]?.phone, phone.offer != nil || phone.negotiation != nil else { return }
        let offer =
            phone.offer
            ?? PlainOffer(from: phone.local, codecs: phone.codecs, secure: phone.secure, previous: phone.negotiation)
        do throws(PlainNegotiation.Failure) {
            let negotiation = try offer.accept(sdp)
            calls[id]?.phone?.isExpected = false
            calls[id]?.phone?.offer = nil
            carry(id, negotiation)
            follow(step(.heldByFarEnd(id, negotiation.isHold)))
        } catch {
            log.info("answer refused", metadata: ["leg": "\(id)", "reason": "\(error)"])
            // The first answer of a call that came without an offer: there is nothing to go back to.
            if phone.isExpected { follow(step(.mediaFailed(id, .incompatibleDestination))) }
        }
    }

    /// The media are as negotiated from now on.
    private func carry(_ id: LegID, _ negotiation: PlainNegotiation) {
        guard let call = calls[id], let phone = call.phone else { return }
        var negotiation = negotiation
        if case .phoned(let invite) = call.origin {
            negotiation.remote.signalling = TransportAddress(ip: invite.remoteAddress, port: 0)
        } else {
            negotiation.remote.signalling = phones.address(of: id)
        }
        calls[id]?.phone?.negotiation = negotiation
        guard !phone.isOpen else { return change(id) }
        calls[id]?.phone?.isOpen = true
        loops[call.loop].send(.openPlain(opening(of: id, phone, negotiation)))
    }

    private func opening(
        of id: LegID, _ phone: PhoneMedia, _ negotiation: PlainNegotiation
    ) -> PlainOpening {
        PlainOpening(
            id: id, ports: phone.ports, local: phone.local, remote: negotiation.remote, audio: negotiation.audio,
            patience: phone.patience, isProven: phone.isProven, wantsKeysBySignalling: phone.keys != .rfc2833,
            seed: UInt64.random(in: .min ... .max))
    }

    // MARK: Keys

    /// Presses keys towards the far end, in its own way.
    func sendKeys(_ digits: String, to id: LegID) {
        guard let phone = calls[id]?.phone else { return order(.press(id, digits), for: id) }
        if phone.sendsKeysByINFO {
            phones.dtmf(id, digits, at: now, into: &phoneQueue)
        } else if phone.keys == .rfc2833 {
            order(.press(id, digits), for: id)
        }
    }

    /// Keys by INFO. A phone that sends them in its sound, too, would press each twice.
    private func pressed(_ digits: String, byINFOOf id: LegID) {
        let isDouble = calls[id]?.pressesInSound == true
        guard !isDouble || switchboard.leg(id)?.variables["sip_liberal_dtmf"] == "true" else { return }
        for digit in digits { follow(step(.digit(id, digit))) }
    }

    /// A key in a call's media. Two calls that speak with each other hear each other's already, unless they want them
    /// another way.
    func pressed(_ digit: Character, on id: LegID) {
        calls[id]?.pressesInSound = true
        if let far = switchboard.leg(id)?.bridgedTo, calls[far]?.phone?.sendsKeysByINFO != true { return }
        follow(step(.digit(id, digit)))
    }

    // MARK: Transfer

    /// The far end wants its other party to go elsewhere: through its own context, as if it had dialled.
    private func refer(_ id: LegID, to target: String, replacing other: LegID?, _ token: SIPRequestToken) {
        do throws(TransferRefusal) {
            let steps =
                if let other { try switchboard.replace(id, with: other, at: time) } else {
                    try switchboard.transfer(id, to: target, at: time)
                }
            phones.transferred(token, .accepted, at: now, into: &phoneQueue)
            phones.transferred(token, .done(status: 200), at: now, into: &phoneQueue)
            follow(steps)
        } catch {
            log.info("a transfer was refused", metadata: ["leg": "\(id)", "reason": "\(error)"])
            phones.transferred(token, .refused(status: error.status), at: now, into: &phoneQueue)
        }
    }

    /// Another call of the far end takes the place of one that is there.
    private func replace(_ old: LegID, with invite: SIPInvite) {
        guard let leg = admit(invite) else { return }
        follow(switchboard.takeOver(old, by: leg, at: time))
    }

    // MARK: Who is there

    func display(_ id: LegID, _ name: String, _ number: String) {
        switch calls[id]?.origin {
        case .invited: endpoint.call(id, .display(name: name, number: number), at: now, into: &queue)
        case .phoned: phones.call(id, .display(name: name, number: number), at: now, into: &phoneQueue)
        case .placed(let outgoing):
            switch outgoing.leg.kind {
            case .verto: endpoint.call(id, .display(name: name, number: number), at: now, into: &queue)
            case .sip: phones.call(id, .display(name: name, number: number), at: now, into: &phoneQueue)
            }
        case nil: break
        }
    }

    private func note(_ entry: SIPLog) {
        let level: Logger.Level =
            switch entry.level {
            case .debug: .debug
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            }
        var metadata: Logger.Metadata = [:]
        for (name, value) in entry.details { metadata[name] = "\(value)" }
        log.log(level: level, "\(entry.message)", metadata: metadata)
    }
}
