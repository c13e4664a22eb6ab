import Calls
import Conference
import Logging
import SIP
import Verto

/// Who waits to hear of a call that the API placed.
enum Originator {
    case query(RequestToken)
    case room(RoomKey, JobID)
}

/// A `dial` command: its job and its outcome come from the room and from the call, in no order.
enum Dialling {
    case begun
    /// The room has said that it calls; who asked waits for what comes of it.
    case asked(RequestToken)
    /// It came to something before the room had said so.
    case over(cause: String)
}

/// Questions and orders about calls, and calls that nobody's leg asks for.
extension Bridge {
    func answer(_ query: CallQuery, _ token: RequestToken) {
        switch query {
        case .legs: tell(token, .legs(switchboard.legs.sorted { $0.id.rawValue < $1.id.rawValue }))
        case .contacts(let user): tell(token, .contacts(switchboard.contacts(of: user)))
        case .phones(let user): tell(token, .contacts(switchboard.phones(of: user)))
        case .sofia(let words): tell(token, .text(phones.sofia(words, at: now, into: &phoneQueue)))
        case .kill(let id, let cause):
            guard switchboard.leg(id) != nil else { return tell(token, .noSuchCall) }
            tell(token, .done)
            follow(step(.hangUpRequested(id, cause)))
        case .killAll(let cause):
            tell(token, .done)
            for leg in switchboard.legs { follow(step(.hangUpRequested(leg.id, cause))) }
        case .transfer(let id, let destination, let farLeg): transfer(id, to: destination, farLeg: farLeg, token)
        case .deflect(let id, let target):
            let (steps, can) = switchboard.deflect(id, to: target, at: time)
            tell(token, can ? .done : .noSuchCall)
            follow(steps)
        case .originate(let dialString, let destination): originate(dialString, destination, token)
        }
    }

    private func tell(_ token: RequestToken, _ answer: CallQueryAnswer) {
        endpoint.told(token, answer, at: now, into: &queue)
    }

    private func transfer(_ id: LegID, to destination: String, farLeg: Bool, _ token: RequestToken) {
        let leg = switchboard.leg(id)
        guard let target = farLeg ? leg?.bridgedTo : leg?.id else { return tell(token, .noSuchCall) }
        tell(token, .done)
        follow(switchboard.redirect(target, to: destination, at: time))
    }

    private func originate(_ dialString: String, _ destination: String, _ token: RequestToken) {
        guard let target = Origination.Target(parsing: destination, context: settings.verto.context) else {
            return tell(token, .failed(.invalidNumberFormat))
        }
        let (id, steps) = switchboard.originate(
            dialString, Origination(target: target, variables: Self.calledIn), at: time)
        originations[id] = .query(token)
        follow(steps)
    }

    /// Whom we call needs no PIN: who asked for the call may let people in.
    private static let calledIn = ["conference_enforce_security": "false"]

    /// A room calls somebody in.
    func dial(_ order: DialOrder, from key: RoomKey) {
        let argument = "\(key.name)@\(rooms[key]?.profile ?? "default")"
        let origination = Origination(
            target: .application(name: "conference", data: argument), callerIDName: order.callerName,
            callerIDNumber: order.callerNumber, domain: key.domain, variables: Self.calledIn)
        let (id, steps) = switchboard.originate(order.dialString, origination, at: time)
        originations[id] = .room(key, order.job)
        if !order.isInBackground { dialling[order.job] = .begun }
        nearby = rooms[key]?.loop
        follow(steps)
        nearby = nil
    }

    func originated(_ id: OriginationID, _ result: OriginationResult) {
        switch originations.removeValue(forKey: id) {
        case .query(let token):
            switch result {
            case .answered(let leg): tell(token, .originated(leg))
            case .failed(let cause): tell(token, .failed(cause))
            }
        case .room(let key, let job):
            let (cause, peer): (String, String?) =
                switch result {
                case .answered(let leg): ("SUCCESS", leg.rawValue)
                case .failed(let cause): (cause.name, nil)
                }
            if let room = rooms[key] { loops[room.loop].send(.dialEnded(key, job, cause: cause, peer: peer)) }
            switch dialling.removeValue(forKey: job) {
            case .asked(let token): endpoint.completed(token, .success(.dialed(cause: cause)), at: now, into: &queue)
            case .begun: dialling[job] = .over(cause: cause)
            case .over, nil: break
            }
        case nil: break
        }
    }

    /// The room calls somebody for one who waits.
    func dialled(_ job: JobID, _ token: RequestToken) {
        guard case .over(let cause) = dialling.removeValue(forKey: job) else {
            dialling[job] = .asked(token)
            return
        }
        endpoint.completed(token, .success(.dialed(cause: cause)), at: now, into: &queue)
    }
}
