extension JoinRequest {
    /// Reads what the call's variables say of how it joins (conference.md §1.8). Values without sense are passed over.
    package mutating func read(variables: [String: String]) {
        // Who may select members by their variables could try what a PIN is.
        callVariables = variables.filter { !$0.key.hasSuffix("_pin") }
        volumeIn = Self.level(variables["conference_join_volume_in"], Levels.volume) ?? volumeIn
        volumeOut = Self.level(variables["conference_join_volume_out"], Levels.volume) ?? volumeOut
        energyLevel = Self.level(variables["conference_join_energy_level"], Levels.energy) ?? energyLevel
        position = variables["conference_position"].flatMap { Position($0) } ?? position
        controls = variables["conference_controls"] ?? controls
        suppliedPIN = variables["supplied_pin"] ?? suppliedPIN
        moderatorPIN = variables["conference_moderator_pin"] ?? moderatorPIN
        enterSound = variables["conference_enter_sound"].flatMap { SoundName(configured: $0) } ?? enterSound
        exitSound = variables["conference_exit_sound"].flatMap { SoundName(configured: $0) } ?? exitSound
        isSilent = variables["conference_silent_entry"].map(FlagWords.isTrue) ?? isSilent
        enforceSecurity = variables["conference_enforce_security"].map(FlagWords.isTrue) ?? enforceSecurity
    }

    private static func level(_ text: String?, _ range: ClosedRange<Int>) -> Int? {
        text.flatMap { Int($0) }.flatMap { range.contains($0) ? $0 : nil }
    }
}

extension RoomProfile {
    /// What the call that opens a room says of it by its variables (conference.md §1.4): sounds that the profile does
    /// not name, and limits; `confvar_<x>` is the room's variable `<x>`.
    mutating func read(variables: [String: String]) {
        for (variable, sound) in [
            ("conference_moh_sound", RoomSound.music), ("conference_perpetual_sound", .perpetual),
        ] {
            if sounds[sound.rawValue] == nil { sounds[sound.rawValue] = variables[variable] }
        }
        autoRecord = variables["conference_auto_record"] ?? autoRecord
        if let limit = variables["conference_max_members"].flatMap({ Int($0) }), limit == 0 || limit > 1 {
            maxMembers = limit
        }
        if let grace = variables["conference_endconference_grace_time"].flatMap({ Int($0) }), 0...86_400 ~= grace {
            endconfGrace = .seconds(grace)
        }
        for (name, value) in variables where name.hasPrefix("confvar_") {
            self.variables[String(name.dropFirst("confvar_".count))] = value
        }
    }
}
