extension Leg {
    /// The channel's name in lists: FreeSWITCH's, but never with a session in it.
    package var channelName: String {
        switch kind {
        case .verto: "verto.rtc/\(destination)"
        case .sip(.caller(let profile, _)): "sofia/\(profile)/\(callerIDNumber)@\(networkAddress)"
        case .sip(.gateway(let name, let number)): "sofia/gateway/\(name)/\(number)"
        case .sip(.address(let profile, let uri)): "sofia/\(profile)/\(uri)"
        case .sip(.binding(_, let profile)): "sofia/\(profile)/\(user ?? destination)"
        }
    }
}
