/// What `get` shows and `set` changes.
extension Room {
    func value(of property: Property, at now: Duration) -> PropertyValue {
        switch property {
        case .runTime: .number(wholeSeconds(now))
        case .count: .number(count)
        case .countGhosts: .number(ghostCount)
        case .maxMembers: .number(profile.maxMembers)
        case .rate: .number(profile.rate)
        case .profileName: .text(profile.name)
        case .soundPrefix: .text(profile.soundPrefix)
        case .callerIDName: .text(profile.callerIDName)
        case .callerIDNumber: .text(profile.callerIDNumber)
        case .isLocked: .flag(isLocked)
        case .endconferenceGraceTime: .number(wholeSeconds(profile.endconfGrace))
        case .uuid: .text(uuid)
        case .waitMod: .flag(isWaiting)
        }
    }

    /// Sets a property for callers and departures to come, and answers its value before.
    mutating func set(_ property: Property, to text: String, at now: Duration) throws(Refusal) -> Reply {
        let old = value(of: property, at: now)
        switch property {
        case .maxMembers:
            guard let limit = Int(text), limit == 0 || limit > 1 else { throw .badArgument(command: "set") }
            profile.maxMembers = limit
        case .endconferenceGraceTime:
            guard let seconds = Int(text), (0...86_400).contains(seconds) else { throw .badArgument(command: "set") }
            profile.endconfGrace = .seconds(seconds)
        case .soundPrefix: profile.soundPrefix = text
        case .callerIDName: profile.callerIDName = text
        case .callerIDNumber: profile.callerIDNumber = text
        case .runTime, .count, .countGhosts, .rate, .profileName, .isLocked, .uuid, .waitMod:
            throw .badArgument(command: "set")
        }
        return .value(property, old)
    }
}
