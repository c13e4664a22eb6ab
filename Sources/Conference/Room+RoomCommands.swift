/// What the commands about the room as a whole do.
extension Room {
    mutating func setLocked(_ locked: Bool, at now: Duration, into effects: inout [Effect]) -> Reply {
        guard isLocked != locked else { return .locked(locked) }
        isLocked = locked
        tell(locked ? .lock : .unlock, at: now, into: &effects)
        play(locked ? .isLocked : .isUnlocked, in: .queue, .prompt, at: now, into: &effects)
        return .locked(locked)
    }

    /// For callers to come; `nil` for no digits.
    ///
    /// - Throws: ``Refusal/badArgument(command:)`` for what no telephone can enter.
    mutating func setPIN(_ pin: String?, for role: Role) throws(Refusal) -> Reply {
        guard pin?.isEmpty != true, pin?.allSatisfy({ ("0"..."9").contains($0) }) != false else {
            throw .badArgument(command: "pin")
        }
        if role == .participant { profile.pin = pin } else { profile.moderatorPIN = pin }
        return .pin(pin, for: role)
    }

    /// - Throws: ``Refusal/tooMany(limit:)``.
    mutating func setVariable(_ name: String, to value: String?) throws(Refusal) -> Reply {
        guard value == nil || variables[name] != nil || variables.count < Self.mostVariables else {
            throw .tooMany(limit: Self.mostVariables)
        }
        variables[name] = value
        return .variableSet(name, value)
    }

    private static let mostVariables = 256
}
