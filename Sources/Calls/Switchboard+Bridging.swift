/// Two legs that hear each other, and what each hears while the other does not want to.
extension Switchboard {
    // MARK: Together and apart

    /// Bridges two answered legs, neither of which is in a bridge.
    ///
    /// - Parameter introduces: Whether each side gets the other's present identity. Otherwise `second` keeps what its
    ///   offer told it of the caller.
    mutating func unite(_ first: LegID, _ second: LegID, introduces: Bool = false, at now: Duration) -> [CallStep] {
        guard let one = calls[first], let other = calls[second] else { return [] }
        calls[first]?.leg.bridgedTo = second
        calls[second]?.leg.bridgedTo = first
        calls[first]?.lastBridge = second
        calls[second]?.lastBridge = first
        calls[first]?.activity = .bridged
        calls[second]?.activity = .bridged
        calls[first]?.leg.remoteIdentity = other.leg.shownIdentity
        if introduces { calls[second]?.leg.remoteIdentity = one.leg.shownIdentity }
        return settleMedia(first, second, at: now) + display(first) + display(second)
    }

    /// Takes the leg out of its bridge, or away from the early media it hears. Both sides stay, and wait for what
    /// comes next.
    mutating func part(_ id: LegID) -> (far: LegID?, steps: [CallStep]) {
        var steps: [CallStep] = []
        if let other = calls[id]?.connectedTo { steps += disconnect(id, other) }
        steps += stopBackground(of: id)
        guard let far = calls[id]?.leg.bridgedTo else { return (nil, steps) }
        steps += stopBackground(of: far)
        calls[id]?.leg.bridgedTo = nil
        calls[far]?.leg.bridgedTo = nil
        return (far, steps)
    }

    /// The other side of a leg's bridge is gone, because of `cause`.
    mutating func released(_ id: LegID, _ cause: HangupCause, at now: Duration) -> [CallStep] {
        guard let run = calls[id], run.activity == .bridged else { return [] }
        calls[id]?.leg.variables["bridge_hangup_cause"] = cause.name
        calls[id]?.leg.variables["last_bridge_hangup_cause"] = cause.name
        guard run.ownsBridge else { return end(id, cause, at: now) }
        calls[id]?.ownsBridge = false
        let variables = run.leg.variables
        if let destination = variables["transfer_after_bridge"]?.split(separator: " ").first {
            return jump(id, to: String(destination), nil, at: now)
        }
        if variables["park_after_bridge"]?.isAffirmative ?? false { return park(id, at: now) }
        if variables["hangup_after_bridge"]?.isAffirmative ?? false { return end(id, cause, at: now) }
        goOn(id)
        return []
    }

    mutating func connect(_ first: LegID, _ second: LegID) -> [CallStep] {
        calls[first]?.connectedTo = second
        calls[second]?.connectedTo = first
        return [.connect(first, second)]
    }

    private mutating func disconnect(_ first: LegID, _ second: LegID) -> [CallStep] {
        calls[first]?.connectedTo = nil
        calls[second]?.connectedTo = nil
        return [.disconnect(first, second)]
    }

    /// Tells a leg who is at the other end.
    func display(_ id: LegID) -> [CallStep] {
        guard let shown = calls[id]?.leg.remoteIdentity else { return [] }
        return [.display(id, name: shown.name.isEmpty ? shown.number : shown.name, number: shown.number)]
    }

    // MARK: Hold

    /// Puts the call of an answered leg on hold, or takes it up again. Nothing is sent to the far end but music.
    ///
    /// - Returns: The state it is in now; a leg that is not answered stays as it is.
    package mutating func hold(
        _ id: LegID, _ change: HoldChange, at now: Duration
    ) -> (isHeld: Bool, steps: [CallStep]) {
        guard let leg = calls[id]?.leg, leg.isAnswered else { return (false, []) }
        let isHeld =
            switch change {
            case .on: true
            case .off: false
            case .toggle: !leg.isOnHold
            }
        guard isHeld != leg.isOnHold else { return (isHeld, []) }
        calls[id]?.leg.isOnHold = isHeld
        var steps: [CallStep] = [.hold(id, isHeld)] + presence(of: id, isHeld ? .held : .unheld)
        if let far = leg.bridgedTo { steps += settleMedia(id, far, at: now) }
        return (isHeld, settled(steps, at: now))
    }

    /// Makes the media of a bridge what the holds of its two sides ask for.
    private mutating func settleMedia(_ first: LegID, _ second: LegID, at now: Duration) -> [CallStep] {
        guard let one = calls[first], let other = calls[second] else { return [] }
        let flows = !one.leg.isOnHold && !other.leg.isOnHold
        guard !flows else {
            let steps = stopBackground(of: first) + stopBackground(of: second)
            return one.connectedTo == second ? steps : steps + connect(first, second)
        }
        var steps = one.connectedTo == second ? disconnect(first, second) : []
        for (id, holder) in [(first, other.leg), (second, one.leg)] {
            if holder.isOnHold, calls[id]?.leg.isOnHold == false {
                steps += play(holdMusic(of: holder), behind: id, at: now)
            } else {
                steps += stopBackground(of: id)
            }
        }
        return steps
    }

    /// What others hear while they wait for this leg: its variable `hold_music`, else the configuration's.
    func holdMusic(of leg: Leg) -> Playback? {
        Playback.background(leg.variables["hold_music"] ?? dialplan.global("hold_music"))
    }

    // MARK: Music and ring-back

    /// Plays `ringback`, or `transfer_ringback` to a leg that is answered, while the far end rings.
    mutating func ringBack(to id: LegID, at now: Duration) -> [CallStep] {
        guard let run = calls[id], case .dialling = run.activity, run.background == nil, run.connectedTo == nil else {
            return []
        }
        let name = run.leg.isAnswered ? "transfer_ringback" : "ringback"
        guard let sound = Playback.background(run.leg.variables[name] ?? dialplan.global(name)) else { return [] }
        return preAnswer(id, at: now) + play(sound, behind: id, at: now)
    }

    /// Has the door of a SIP caller say that somebody rings. A caller that has media hears it, or not.
    mutating func tellOfRinging(_ id: LegID) -> [CallStep] {
        guard let run = calls[id], run.leg.kind.isSIP, run.leg.direction == .inbound, run.leg.state == .routing,
            !run.isRinging
        else { return [] }
        calls[id]?.isRinging = true
        return [.ringing(id)]
    }

    /// Plays beside the route, over and over.
    mutating func play(_ sound: Playback?, behind id: LegID, at now: Duration) -> [CallStep] {
        guard calls[id]?.background?.playback != sound else { return [] }
        let steps = stopBackground(of: id)
        guard let sound else { return steps }
        calls[id]?.background = LegRun.Background(playback: sound, startedAt: now)
        return steps + [.play(id, sound)]
    }

    mutating func stopBackground(of id: LegID) -> [CallStep] {
        guard let background = calls[id]?.background else { return [] }
        calls[id]?.background = nil
        return background.hasEnded ? [] : [.stopPlaying(id)]
    }

    /// Starts it again, unless it was over as soon as it began: a file that is not there.
    mutating func backgroundEnded(_ id: LegID, at now: Duration) -> [CallStep] {
        guard let background = calls[id]?.background, !background.hasEnded else { return [] }
        guard now - background.startedAt >= Self.shortestBackground else {
            calls[id]?.background?.hasEnded = true
            return []
        }
        calls[id]?.background = LegRun.Background(playback: background.playback, startedAt: now)
        return [.play(id, background.playback)]
    }

    private static let shortestBackground: Duration = .milliseconds(500)
}
