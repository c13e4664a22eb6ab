/// What somebody may do in a room; a higher role may do all that a lower one may.
package enum Role: Int, Comparable, Sendable {
    /// An ordinary member.
    case participant
    /// A member that runs the room: by flag or by the moderator PIN.
    case moderator
    /// A person or program that a door let in by configuration, member or not.
    case `operator`

    package static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }
}

/// Who asks for a command.
package struct Issuer: Sendable {
    /// For the audit log: a login or an API user.
    package let name: String
    /// The member that asks, if it is one. The room looks its role up at each command.
    package let member: MemberID?
    /// The role the door vouches for. A member's own role counts when it is higher.
    package let role: Role
    /// Commands that it may ask for whatever its role, by ``Command/name``, as the directory says of its user.
    package let capabilities: Set<String>
    /// The command came from the keys of the member's own phone, which may always mute or leave (not `lock`).
    package let pressesOwnKeys: Bool

    package init(
        name: String, member: MemberID? = nil, role: Role = .participant, capabilities: Set<String> = []
    ) {
        (self.name, self.member, self.role, pressesOwnKeys) = (name, member, role, false)
        self.capabilities = Set(capabilities.flatMap(CommandPolicy.commands(named:)))
    }

    private init(keysOf member: MemberID, name: String) {
        (self.name, self.member, role, capabilities, pressesOwnKeys) = (name, member, .participant, [], true)
    }

    /// A member at its own telephone keys: besides its role it may do to itself what keys can do, see
    /// ``Command/isOwnKey(of:)``. Not for commands that a client words itself.
    package static func keys(of member: MemberID, name: String) -> Issuer { Issuer(keysOf: member, name: name) }
}
