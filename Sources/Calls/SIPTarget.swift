/// The far end of a SIP leg: who called, or whom the door is to call.
package enum SIPTarget: Sendable, Hashable {
    /// Somebody who called us over `profile`. `id` is what the leg counts for: a user's `id@domain`, a gateway's name,
    /// or the address an unknown caller called from.
    case caller(profile: String, id: String)
    /// Over the gateway `name`. `destination` is a number or `user@host`, with `;parameters` where the dial string has
    /// some.
    case gateway(name: String, destination: String)
    /// A `sip:` or `sips:` URI, over `profile`.
    case address(profile: String, uri: String)
    /// A registered phone, by the handle of its binding.
    case binding(handle: String, profile: String)
}
