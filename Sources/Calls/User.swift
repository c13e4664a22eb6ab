/// One account of the directory, with what its domain and groups gave it already merged in.
package struct User: Sendable, Equatable {
    package let id: String
    package let domain: String
    /// Directory `<params>`: how the account is treated. Never sent to a client.
    package let parameters: [String: String]
    /// Directory `<variables>`: copied onto every call of this user.
    package let variables: [String: String]

    package init(id: String, domain: String, parameters: [String: String] = [:], variables: [String: String] = [:]) {
        self.id = id
        self.domain = domain
        self.parameters = parameters
        self.variables = variables
    }

    /// `id@domain`, the key of a user everywhere outside the directory.
    package var address: String { "\(id)@\(domain)" }

    /// The secret in clear: `jsonrpc-password`, else `password`. `nil` when empty: such a user cannot log in.
    package var password: String? { parameter("jsonrpc-password") ?? parameter("password") }

    /// Lower-case hex MD5 of `id:domain:password`. When set it is compared instead of ``password``.
    package var a1Hash: String? { parameter("a1-hash")?.asciiLowercased }

    package var allowedMethods: PermissionList { PermissionList(parsing: parameters["jsonrpc-allowed-methods"]) }
    package var allowedJSAPI: PermissionList { PermissionList(parsing: parameters["jsonrpc-allowed-jsapi"]) }
    package var allowedFSAPI: PermissionList { PermissionList(parsing: parameters["jsonrpc-allowed-fsapi"]) }
    package var allowedEventChannels: PermissionList {
        PermissionList(parsing: parameters["jsonrpc-allowed-event-channels"])
    }

    /// Dialplan context of this user's calls; `nil` leaves it to the profile.
    package var context: String? { variable("user_context") ?? parameter("verto-context") }

    /// Whether phones may log in as this user (`sip-allowed`, true where it is not said); for all others it is as unknown
    /// as somebody who is not there.
    package var mayUseSIP: Bool { parameter("sip-allowed")?.isAffirmative ?? true }

    /// How others reach this user (`dial-string`), with `${…}` in it; `nil` is all of the user's clients.
    package var dialString: String? { parameter("dial-string") }

    /// Caller id for an invite that brings none.
    package var callerIDName: String? { parameter("caller-id-name") }
    package var callerIDNumber: String? { parameter("caller-id-number") }

    /// Whether the variable `name` says yes: `moderator`, `superuser`, `stereo_audio`.
    package func isSet(_ name: String) -> Bool { variables[name]?.isAffirmative ?? false }

    private func parameter(_ name: String) -> String? { parameters[name].flatMap { $0.isEmpty ? nil : $0 } }
    private func variable(_ name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }
}
