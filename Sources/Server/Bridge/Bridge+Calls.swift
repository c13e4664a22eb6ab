import Calls
import Conference
import Engine
import Logging
import RTC
import SIP
import Verto
import Wire

/// What the switchboard says is done.
extension Bridge {
    /// In the order in which they were said: what follows from a step comes behind the steps that were said with it.
    func follow(_ more: [CallStep]) {
        steps.append(contentsOf: more)
        guard !isFollowing else { return }
        isFollowing = true
        var index = 0
        while index < steps.count {
            follow(steps[index])
            index += 1
        }
        steps.removeAll(keepingCapacity: true)
        isFollowing = false
    }

    private func follow(_ step: CallStep) {
        switch step {
        case .refuse(let id, let cause): finish(id, cause)
        case .call(let outgoing): place(outgoing)
        case .preAnswer(let id): open(id, isEarly: true)
        case .answer(let id): open(id, isEarly: false)
        case .enterConference(let id, let argument, let variables): enter(id, argument, variables)
        case .leaveConference(let id): leaveRoom(id)
        case .echo(let id): start(.echo, for: id)
        case .play(let id, let playback): play(playback, to: id)
        case .stopPlaying(let id): stopPlaying(id)
        case .connect(let one, let two): connect(one, two)
        case .disconnect(let one, let two): order(.disconnect(one, two), for: one)
        case .hold(let id, let isHeld): order(.hold(id, isHeld), for: id)
        case .ringing(let id): ring(id)
        case .display(let id, let name, let number): display(id, name, number)
        case .digit(let id, let digit): press(digit, id)
        case .sendDigit(let id, let digit): sendKeys(String(digit), to: id)
        case .deflect(let id, let target): phones.refer(id, to: target, at: now, into: &phoneQueue)
        case .originated(let id, let result): originated(id, result)
        case .presence(let presence): endpoint.presence(presence, at: now, into: &queue)
        case .record(let record): keep(record)
        case .hangUp(let id, let cause), .release(let id, let cause): finish(id, cause)
        case .log(let id, let level, let text):
            log.log(level: level.swiftLog, "dialplan", metadata: ["leg": "\(id)", "text": "\(text)"])
        }
    }

    func order(_ order: LoopOrder, for id: LegID) {
        if let call = calls[id] { loops[call.loop].send(order) }
    }

    // MARK: A client calls

    func accept(_ invite: Invite) {
        let leg = Leg(
            id: invite.leg, kind: .verto(session: invite.session), callerIDName: invite.callerIDName,
            callerIDNumber: invite.callerIDNumber, destination: invite.destination, context: invite.context,
            user: invite.user, domain: invite.domain, networkAddress: invite.remoteAddress,
            isRecoverable: invite.isRecoverable, variables: invite.variables)
        guard isFree(invite.leg) else {
            return endpoint.call(invite.leg, .ended(.destinationOutOfOrder), at: now, into: &queue)
        }
        let room = loops.count > 1 ? foreseenRoom(of: leg) : nil
        let loop = chooseLoop(for: room)
        calls[invite.leg] = BridgedCall(
            .invited(invite), on: loop, .browser(BrowserMedia(transport(on: loop))), foreseenRoom: room)
        follow(step(.invited(leg)))
    }

    func isFree(_ id: LegID) -> Bool { calls[id] == nil && !closing.contains(id) && ending[id] == nil }

    /// Answers the offer, the first time, and opens the media.
    private func open(_ id: LegID, isEarly: Bool) {
        switch calls[id]?.media {
        case .browser(let browser): open(id, browser, isEarly: isEarly)
        case .phone(let phone): open(id, phone, isEarly: isEarly)
        case nil: break
        }
    }

    private func open(_ id: LegID, _ browser: BrowserMedia, isEarly: Bool) {
        var sdp: String?
        if browser.negotiation == nil, let call = calls[id], let invite = call.invite {
            do throws(Negotiation.Failure) {
                let negotiation = try Negotiation(answering: invite.offer, from: browser.local)
                calls[id]?.browser?.negotiation = negotiation
                loops[call.loop].send(.open(opening(of: id, invite, browser.local, negotiation)))
                sdp = negotiation.answer.text
            } catch {
                log.info("offer refused", metadata: ["leg": "\(id)", "reason": "\(error)"])
                return follow(self.step(.mediaFailed(id, .incompatibleDestination)))
            }
        }
        endpoint.call(id, isEarly ? .media(sdp: sdp) : .answered(sdp: sdp), at: now, into: &queue)
    }

    private func opening(
        of id: LegID, _ invite: Invite?, _ local: LocalTransport, _ negotiation: Negotiation
    ) -> LegOpening {
        LegOpening(
            id: id, local: local, remote: negotiation.remote, audio: negotiation.audio, videos: negotiation.videos,
            videoLimit: invite?.incomingBandwidth.map { UInt64($0) * 1000 }, seed: UInt64.random(in: .min ... .max))
    }

    // MARK: We call a client

    private func place(_ outgoing: Outgoing) {
        let leg = outgoing.leg
        guard isFree(leg.id) else { return fail(leg.id, .destinationOutOfOrder) }
        if case .sip(let target) = leg.kind { return place(outgoing, at: target) }
        let like = outgoing.like.flatMap { calls[$0] }
        let loop = like?.loop ?? nearby ?? chooseLoop(for: nil)
        let local = transport(on: loop)
        let offer = Offer(from: local, hasVideo: like?.hasVideo ?? false)
        var browser = BrowserMedia(local)
        browser.offer = (offer, local)
        calls[leg.id] = BridgedCall(.placed(outgoing), on: loop, .browser(browser))
        let isPlaced = endpoint.place(PlacedCall(outgoing, sdp: offer.text), at: now, into: &queue)
        guard isPlaced else {
            calls[leg.id] = nil
            return fail(leg.id, .destinationOutOfOrder)
        }
        // A Verto client rings as soon as the invite is on its way (verto.md §5.1).
        follow(step(.ringing(leg.id)))
    }

    func fail(_ id: LegID, _ cause: HangupCause) { follow(step(.hungUp(id, cause))) }

    /// The client has answered a call of ours.
    func answered(_ id: LegID, _ sdp: String, name: String?, number: String?, _ token: RequestToken) {
        guard let opening = takeAnswer(id, sdp, token), let loop = calls[id]?.loop else { return }
        loops[loop].send(.open(opening))
        endpoint.settled(token, AnswerOutcome.accepted, at: now, into: &queue)
        follow(step(.answered(id, name: name, number: number)))
    }

    /// What our offer came to; `nil` when it came to nothing, which the client has been told.
    private func takeAnswer(_ id: LegID, _ sdp: String, _ token: RequestToken) -> LegOpening? {
        guard let call = calls[id], let (offer, local) = call.browser?.offer else {
            endpoint.settled(token, AnswerOutcome.refused(.media), at: now, into: &queue)
            return nil
        }
        do throws(Negotiation.Failure) {
            let negotiation = try offer.accept(sdp)
            var browser = BrowserMedia(local)
            browser.negotiation = negotiation
            calls[id]?.browser = browser
            return opening(of: id, call.invite, local, negotiation)
        } catch {
            log.info("answer refused", metadata: ["leg": "\(id)", "reason": "\(error)"])
            endpoint.settled(token, AnswerOutcome.refused(.codecs), at: now, into: &queue)
            return nil
        }
    }

    // MARK: A client comes back

    /// Offers for the calls of a client that lost its socket, all at once.
    func reoffer(_ legs: [LegID], to session: String) {
        var offers: [(leg: LegID, sdp: String)] = []
        for id in legs {
            guard let call = calls[id], let browser = call.browser, let negotiation = browser.negotiation else {
                continue
            }
            let local = renewed(browser.local, on: call.move?.loop ?? call.loop)
            let offer = Offer(renewing: negotiation, from: local)
            calls[id]?.browser?.offer = (offer, local)
            offers.append((id, offer.text))
        }
        endpoint.reoffer(session: session, offers: offers, at: now, into: &queue)
    }

    /// Its answer: the call goes on over a new transport.
    func attached(_ id: LegID, _ sdp: String, _ token: RequestToken) {
        guard let opening = takeAnswer(id, sdp, token), let call = calls[id] else { return }
        endpoint.settled(token, AnswerOutcome.accepted, at: now, into: &queue)
        if let move = call.move { return arrive(id, move, opening) }
        loops[call.loop].send(.renew(opening))
        follow(step(.reattached(id)))
    }

    // MARK: Changes of a call

    /// Answers another offer of the same call.
    func renegotiate(_ id: LegID, _ offer: String, _ token: RequestToken) {
        guard let call = calls[id], let browser = call.browser, let previous = browser.negotiation else {
            return endpoint.renegotiated(token, .refused(.media), at: now, into: &queue)
        }
        do throws(Negotiation.Failure) {
            let negotiation = try Negotiation(answering: offer, from: browser.local, previous: previous)
            calls[id]?.browser?.negotiation = negotiation
            loops[call.loop].send(.renegotiate(id, negotiation.audio, negotiation.videos))
            endpoint.renegotiated(token, .answered(sdp: negotiation.answer.text), at: now, into: &queue)
        } catch {
            log.info("another offer refused", metadata: ["leg": "\(id)", "reason": "\(error)"])
            let isAboutCodecs = error == .noMedia || error == .noOpus
            endpoint.renegotiated(token, .refused(isAboutCodecs ? .codecs : .media), at: now, into: &queue)
        }
    }

    /// Hold, transfer, replace. The client is answered before anything that follows from it.
    func modify(_ id: LegID, _ change: CallChange, _ token: RequestToken) {
        do throws(TransferRefusal) {
            var isHeld = switchboard.leg(id)?.isOnHold ?? false
            let steps: [CallStep]
            switch change {
            case .hold(let change): (isHeld, steps) = switchboard.hold(id, change, at: time)
            case .transfer(let destination): steps = try switchboard.transfer(id, to: destination, at: time)
            case .replace(let other): steps = try switchboard.replace(id, with: other, at: time)
            }
            endpoint.settled(token, ModifyOutcome.done(isHeld: isHeld), at: now, into: &queue)
            follow(steps)
        } catch {
            endpoint.settled(token, ModifyOutcome.refused(error), at: now, into: &queue)
        }
    }

    /// Finds the pictures' places among those the call is sent.
    func view(_ id: LegID, _ pictures: [(mid: String, member: String?)]) {
        guard let call = calls[id], let lines = call.browser?.negotiation?.pictures else { return }
        let wishes = pictures.compactMap { wish in
            lines.firstIndex { $0.mid == wish.mid }.map { (slot: $0, call: wish.member) }
        }
        loops[call.loop].send(.view(id, wishes))
    }

    func connect(_ one: LegID, _ two: LegID) {
        guard let first = calls[one], let second = calls[two] else { return }
        guard first.loop == second.loop, first.move == nil, second.move == nil else {
            return bring(one, together: two)
        }
        loops[first.loop].send(.connect(one, two))
    }

    // MARK: The end of a call

    /// The record is on its way to the disk; the call's end is told when it is there, or when the disk has had its time.
    private func keep(_ record: CallRecord) {
        let id = LegID(record.uuid)
        ending[id] = record.cause
        if let cause = record.farProtocolCause, cause.hasPrefix("sip:") {
            failedStatuses[id] = Int(cause.dropFirst(4))
        }
        let records = helpers.records
        later {
            await records.write(record)
        } then: { bridge, _ in
            bridge.recorded(id)
        }
    }

    private func recorded(_ id: LegID) {
        guard let cause = ending.removeValue(forKey: id) else { return }
        tellEnd(of: id, cause)
    }

    private func finish(_ id: LegID, _ cause: HangupCause) {
        questions.remove(id)
        if let call = calls.removeValue(forKey: id), call.isOpen {
            closing.insert(id)
            loops[call.loop].send(.close(id))
        }
        guard ending[id] == nil else {
            ending[id] = cause
            return
        }
        tellEnd(of: id, cause)
    }

    /// To the door it came through; the other one does not know it.
    private func tellEnd(of id: LegID, _ cause: HangupCause) {
        endpoint.call(id, .ended(cause), at: now, into: &queue)
        let (status, warning) = (failedStatuses.removeValue(forKey: id), warnings.removeValue(forKey: id))
        phones.call(id, .ended(cause, status: status, warning: warning), at: now, into: &phoneQueue)
    }
}
