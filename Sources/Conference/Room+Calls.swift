/// Calls that the room asks for, and members that go elsewhere (conference.md §5.4).
extension Room {
    /// What ``Effect/dial(_:)`` asked for came to this: `SUCCESS` or the cause of its failure.
    ///
    /// - Parameter peer: The UUID of the call that was made.
    package mutating func dialEnded(_ job: JobID, cause: String, peer: String?, at now: Duration) -> [Effect] {
        guard let isInBackground = jobs.removeValue(forKey: job), isInBackground, !isClosed else { return [] }
        var effects: [Effect] = []
        var headers = ["Result": cause, "Job-UUID": job.text]
        if let peer { headers["Peer-UUID"] = peer }
        tell(.bgdialResult, headers, at: now, into: &effects)
        return effects
    }

    /// - Throws: ``Refusal/tooMany(limit:)`` while so many calls are under way.
    mutating func dial(
        _ request: DialRequest, inBackground: Bool, into effects: inout [Effect]
    ) throws(Refusal) -> Reply {
        guard jobs.count < Self.mostJobs else { throw .tooMany(limit: Self.mostJobs) }
        lastJob += 1
        let job = JobID("\(uuid.isEmpty ? key.address : uuid)-\(lastJob)")
        jobs[job] = inBackground
        let order = DialOrder(
            job: job, dialString: request.dialString, callerName: request.callerName ?? profile.callerIDName,
            callerNumber: request.callerNumber ?? profile.callerIDNumber, isInBackground: inBackground
        )
        effects.append(.dial(order))
        return .dialing(job, inBackground: inBackground)
    }

    /// Sends members to another room; those that are not here are told as refused.
    mutating func transfer(
        _ ids: [MemberID], to room: String, _ profile: String, at now: Duration, into effects: inout [Effect]
    ) -> Reply {
        var departed: [Member] = []
        var results: [MemberResult] = []
        for id in ids {
            guard let member = members[id] else {
                results.append(.refused(id, .unknownMember(id)))
                continue
            }
            guard room != key.name else {
                results.append(.refused(id, .alreadyMember(id)))
                continue
            }
            let headers = ["Old-Conference-Name": key.name, "New-Conference-Name": room]
            tell(.transfer, id, headers, at: now, into: &effects)
            depart(id, nil, at: now, into: &effects)
            effects.append(.transferToRoom(id, room: room, profile: profile))
            departed.append(member)
            results.append(.done(.transfer, id))
        }
        conclude(departed: departed, at: now, into: &effects)
        return .transferred(results, room: room)
    }

    /// Sends members' calls to an extension of their own context.
    ///
    /// - Throws: ``Refusal/badArgument(command:)`` for what is no extension.
    mutating func redirect(
        _ who: Selector, to destination: String, at now: Duration, into effects: inout [Effect]
    ) throws(Refusal) -> Reply {
        let isExtension =
            (1...128).contains(destination.utf8.count) && destination.utf8.allSatisfy { 0x21..<0x7F ~= $0 }
        guard isExtension else { throw .badArgument(command: "transfer") }
        var departed: [Member] = []
        let reply = try each(who, into: &effects) { room, id, effects in
            guard let member = room.members[id] else { return .nothing(id) }  // a screen, gone with its owner
            departed.append(member)
            room.depart(id, nil, at: now, into: &effects)
            effects.append(.transferCall(id, extension: destination))
            return .done(.transfer, id)
        }
        conclude(departed: departed, at: now, into: &effects)
        guard case .members(let results) = reply else { return reply }
        return .redirected(results, extension: destination)
    }

    private static let mostJobs = 64
}
