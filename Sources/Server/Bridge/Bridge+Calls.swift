import Calls
import Conference
import Engine
import Logging
import RTC
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
        case .display(let id, let name, let number):
            endpoint.call(id, .display(name: name, number: number), at: now, into: &queue)
        case .digit(let id, let digit): press(digit, id)
        case .sendDigit(let id, let digit): order(.press(id, String(digit)), for: id)
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
        calls[invite.leg] = BridgedCall(.invited(invite), on: loop, transport(on: loop), foreseenRoom: room)
        follow(step(.invited(leg)))
    }

    func isFree(_ id: LegID) -> Bool { calls[id] == nil && !closing.contains(id) && ending[id] == nil }

    /// Answers the offer, the first time, and opens the media.
    private func open(_ id: LegID, isEarly: Bool) {
        guard var call = calls[id] else { return }
        var sdp: String?
        if !call.isOpen, let invite = call.invite {
            do throws(Negotiation.Failure) {
                let negotiation = try Negotiation(answering: invite.offer, from: call.local)
                call.negotiation = negotiation
                loops[call.loop].send(.open(opening(of: id, call, negotiation)))
                sdp = negotiation.answer.text
            } catch {
                log.info("offer refused", metadata: ["leg": "\(id)", "reason": "\(error)"])
                return follow(self.step(.mediaFailed(id, .incompatibleDestination)))
            }
            calls[id] = call
        }
        endpoint.call(id, isEarly ? .media(sdp: sdp) : .answered(sdp: sdp), at: now, into: &queue)
    }

    private func opening(of id: LegID, _ call: BridgedCall, _ negotiation: Negotiation) -> LegOpening {
        LegOpening(
            id: id, local: call.local, remote: negotiation.remote, audio: negotiation.audio,
            videos: negotiation.videos,
            videoLimit: call.invite?.incomingBandwidth.map { UInt64($0) * 1000 },
            seed: UInt64.random(in: .min ... .max))
    }

    // MARK: We call a client

    private func place(_ outgoing: Outgoing) {
        let leg = outgoing.leg
        guard isFree(leg.id) else { return fail(leg.id) }
        let like = outgoing.like.flatMap { calls[$0] }
        let loop = like?.loop ?? nearby ?? chooseLoop(for: nil)
        let local = transport(on: loop)
        let offer = Offer(from: local, hasVideo: like?.hasVideo ?? false)
        var call = BridgedCall(.placed(outgoing), on: loop, local)
        call.offer = (offer, local)
        calls[leg.id] = call
        let isPlaced = endpoint.place(PlacedCall(outgoing, sdp: offer.text), at: now, into: &queue)
        guard isPlaced else {
            calls[leg.id] = nil
            return fail(leg.id)
        }
        // A Verto client rings as soon as the invite is on its way (verto.md §5.1).
        follow(step(.ringing(leg.id)))
    }

    private func fail(_ id: LegID) { follow(step(.hungUp(id, .destinationOutOfOrder))) }

    /// The client has answered a call of ours.
    func answered(_ id: LegID, _ sdp: String, name: String?, number: String?, _ token: RequestToken) {
        guard let opened = takeAnswer(id, sdp, token) else { return }
        loops[opened.call.loop].send(.open(opening(of: id, opened.call, opened.negotiation)))
        endpoint.settled(token, AnswerOutcome.accepted, at: now, into: &queue)
        follow(step(.answered(id, name: name, number: number)))
    }

    /// What our offer came to; `nil` when it came to nothing, which the client has been told.
    private func takeAnswer(
        _ id: LegID, _ sdp: String, _ token: RequestToken
    ) -> (call: BridgedCall, negotiation: Negotiation)? {
        guard var call = calls[id], let (offer, local) = call.offer else {
            endpoint.settled(token, AnswerOutcome.refused(.media), at: now, into: &queue)
            return nil
        }
        do throws(Negotiation.Failure) {
            let negotiation = try offer.accept(sdp)
            (call.negotiation, call.local, call.offer) = (negotiation, local, nil)
            calls[id] = call
            return (call, negotiation)
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
            guard let call = calls[id], let negotiation = call.negotiation else { continue }
            let local = renewed(call.local, on: call.move?.loop ?? call.loop)
            let offer = Offer(renewing: negotiation, from: local)
            calls[id]?.offer = (offer, local)
            offers.append((id, offer.text))
        }
        endpoint.reoffer(session: session, offers: offers, at: now, into: &queue)
    }

    /// Its answer: the call goes on over a new transport.
    func attached(_ id: LegID, _ sdp: String, _ token: RequestToken) {
        guard let renewed = takeAnswer(id, sdp, token) else { return }
        let opening = opening(of: id, renewed.call, renewed.negotiation)
        endpoint.settled(token, AnswerOutcome.accepted, at: now, into: &queue)
        if let move = renewed.call.move { return arrive(id, move, opening) }
        loops[renewed.call.loop].send(.renew(opening))
        follow(step(.reattached(id)))
    }

    // MARK: Changes of a call

    /// Answers another offer of the same call.
    func renegotiate(_ id: LegID, _ offer: String, _ token: RequestToken) {
        guard let call = calls[id], let previous = call.negotiation else {
            return endpoint.renegotiated(token, .refused(.media), at: now, into: &queue)
        }
        do throws(Negotiation.Failure) {
            let negotiation = try Negotiation(answering: offer, from: call.local, previous: previous)
            calls[id]?.negotiation = negotiation
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

    /// A text inside a call goes to the other end of its bridge.
    func pass(_ text: TextMessage, from id: LegID) {
        guard let other = switchboard.leg(id)?.bridgedTo else { return }
        endpoint.text(text, to: other, at: now, into: &queue)
    }

    /// Finds the pictures' places among those the call is sent.
    func view(_ id: LegID, _ pictures: [(mid: String, member: String?)]) {
        guard let call = calls[id], let lines = call.negotiation?.pictures else { return }
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
        let records = helpers.records
        later {
            await records.write(record)
        } then: { bridge, _ in
            bridge.recorded(id)
        }
    }

    private func recorded(_ id: LegID) {
        guard let cause = ending.removeValue(forKey: id) else { return }
        endpoint.call(id, .ended(cause), at: now, into: &queue)
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
        endpoint.call(id, .ended(cause), at: now, into: &queue)
    }
}
