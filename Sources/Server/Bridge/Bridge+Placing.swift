import Calls
import Conference
import RTC
import Verto
import Wire

/// On which loop a call goes, which room it means, and as whom it enters.
extension Bridge {
    /// The loop of the room, or of others on their way to it, else the one with the fewest calls.
    func chooseLoop(for room: RoomKey?) -> Int {
        guard loops.count > 1 else { return 0 }
        if let room {
            if let record = rooms[room] { return record.loop }
            if let other = calls.values.first(where: { $0.foreseenRoom == room }) { return other.loop }
        }
        var load = [Int](repeating: 0, count: loops.count)
        for call in calls.values { load[call.loop] += 1 }
        return load.indices.min { load[$0] < load[$1] } ?? 0
    }

    func foreseenRoom(of leg: Leg) -> RoomKey? {
        let route = settings.dialplan.route(leg.attributes, in: leg.context, functions: switchboard.functions)
        guard let entry = route.applications.first(where: { $0.name == "conference" }) else { return nil }
        let argument = settings.dialplan.expand(entry, for: leg.attributes, functions: switchboard.functions).data
        guard let parsed = try? ConferenceArgument(parsing: argument) else { return nil }
        return key(of: parsed, domain: leg.domain)
    }

    func key(of argument: ConferenceArgument, domain: String) -> RoomKey {
        RoomKey(
            name: argument.name, profileDomain: settings.profile(argument.profile).domain, callerDomain: domain,
            fallback: settings.directory.defaultDomain)
    }

    func roomJoin(
        _ call: BridgedCall, _ leg: Leg, _ text: String, _ variables: [String: String], pin: String?
    ) -> RoomJoin? {
        guard let argument = try? ConferenceArgument(parsing: text), argument.dialString == nil else { return nil }
        let key = key(of: argument, domain: leg.domain)
        let isOutbound = leg.direction == .outbound
        var request = JoinRequest(
            id: call.member ?? nextMember(), callID: leg.id.rawValue,
            callerName: isOutbound ? leg.calleeIDName : leg.callerIDName,
            callerNumber: isOutbound ? leg.calleeIDNumber : leg.callerIDNumber, codec: call.codec,
            flags: argument.memberFlags(variables: variables),
            suppliedPIN: variables["verto_dvar_supplied_pin"], pin: argument.pin, user: leg.user,
            variables: Self.visible(variables), channelName: leg.channelName,
            isScreenShare: call.isScreenShare,
            enforceSecurity: true,
            sharedBy: call.isScreenShare ? owner(ofShareBy: call, in: key) : nil,
            videoBandwidthIn: videoBandwidth(call, variables), isRecoverable: leg.isRecoverable)
        request.person = person(leg)
        request.read(variables: variables)
        if let pin { request.suppliedPIN = pin }
        request.networkAddress = leg.networkAddress
        request.destinationNumber = leg.destination
        request.context = leg.context
        return RoomJoin(
            leg: leg.id, key: key,
            profile: settings.profile(argument.profile).opened(by: argument, variables: variables),
            request: request, startedAt: Int(MonotonicClock.unixNanoseconds / 1_000_000_000))
    }

    /// Whose mute holds for later calls too: a user, and behind a login that many share the client of that session.
    private func person(_ leg: Leg) -> String? {
        guard let user = leg.user else { return nil }
        switch leg.kind {
        case .verto(let session): return "\(user) \(session)"
        case .sip: return "\(user) sip"
        }
    }

    /// The person whose screen it is: the same client's call in the same room.
    private func owner(ofShareBy call: BridgedCall, in key: RoomKey) -> MemberID? {
        guard let session = call.session else { return nil }
        return calls.values.first { $0.session == session && !$0.isScreenShare && $0.room == key }?.member
    }

    /// What the camera may send, kb/s: the least of what the dialplan and the client say.
    private func videoBandwidth(_ call: BridgedCall, _ variables: [String: String]) -> Int? {
        let configured = variables["rtp_video_max_bandwidth_in"].flatMap { VideoBandwidth.kilobits($0) }
        return [configured, call.invite?.outgoingBandwidth].compactMap { $0 }.min()
    }

    /// What everybody in the room sees of a caller beside name and number: of what the client set, only what member
    /// lists show (conference.md §3.5).
    private static func visible(_ variables: [String: String]) -> [String: String] {
        var shown: [String: String] = [:]
        for name in ["email", "avatar"] { shown[name] = variables["verto_dvar_\(name)"] }
        return shown
    }

    private func nextMember() -> MemberID {
        lastMember += 1
        return MemberID(lastMember)
    }

    func transport(on loop: Int) -> LocalTransport {
        LocalTransport(
            ufrag: Token.make(bytes: 6), pwd: Token.make(bytes: 18), fingerprint: fingerprint,
            candidates: candidates[loop], audioSSRC: UInt32.random(in: 1 ... .max), videoSSRCs: Self.videoSSRCs(),
            cname: Token.make(bytes: 9),
            sessionID: UInt64.random(in: 1...(1 << 62)))
    }

    private static func videoSSRCs() -> [StreamSSRCs] {
        (0..<VideoParameters.mostLines).map { _ in
            StreamSSRCs(media: SSRC(UInt32.random(in: 1 ... .max)), rtx: SSRC(UInt32.random(in: 1 ... .max)))
        }
    }
}
