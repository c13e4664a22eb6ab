import RTC
import Wire

/// What the members do who are neither talkers nor the marker.
enum Pattern: String, CaseIterable, Sendable {
    /// Speech without end.
    case talk
    /// Speech for 1.5 to 4 s, then noise for 2 to 8 s.
    case intermittent
    /// A quiet room, about −60 dBov.
    case noise
    /// One packet every 400 ms, as with `usedtx=1`.
    case dtx
    /// One speaks at a time, for 4 s each, in the order of joining; the others are noise.
    case turns
}

/// The part one member plays.
enum Role: Sendable {
    case talker
    case marker
    /// Speaks when it is its turn, which comes round after `count`.
    case turn(Int, of: Int)
    case crowd(Pattern)
}

/// One member: which room, which part, and how its sound is looked at.
struct MemberPlan: Sendable {
    let index: Int
    let room: Int
    let role: Role
    /// Decodes what it hears and looks for the marker.
    let hearsMarker: Bool
    /// Takes SRTP off what it hears; the others read the header only.
    let decrypts: Bool
    /// Somebody else in the room talks all the time: 50 packets a second must come. A lone talker among silent people
    /// hears nothing, and a server may send nothing.
    let isOwedSound: Bool
    /// `nil` when its call has sound only.
    let video: VideoPart?
    /// What a phone talks; `nil` for a browser.
    var phone: AudioCodec?
    /// The far end of a pair: it does not call, it is called.
    var isCalled = false
}

/// Members who are phones, and where their SIP goes.
struct PhonePlan: Sendable {
    let codec: AudioCodec
    /// What those talk who are called: each member then is a pair, connected by the server. `nil`: members call a room.
    let farCodec: AudioCodec?
    let server: TransportAddress
    /// Of the phones themselves.
    let localIP: String
    let localPort: Int

    var codecs: Set<AudioCodec> { Set([codec, farCodec].compactMap(\.self)) }
}

/// What the media thread has to know before it starts.
struct MediaPlan: Sendable {
    let codecs: Set<AudioCodec>
    let sendsLevels: Bool
    let video: VideoSize?
}

/// What all members do with video.
struct VideoPlan: Sendable {
    let size: VideoSize
    /// Members of each room with a camera, the first to join …
    let camerasPerRoom: Int
    /// … and those after them who only watch; who is left has sound only.
    let watchersPerRoom: Int
    /// Members in all who decode what they see.
    let decoders: Int
    /// Share of the packets towards members that get lost.
    let loss: Double
}

/// Everything the run is to do.
struct Plan: Sendable {
    struct Account: Sendable {
        let login: String
        let password: String
    }

    /// Not used when all members are phones.
    var endpoint: Endpoint
    var phones: PhonePlan?
    var domain: String?
    var accounts: [Account]
    var dashboardAccount: Account
    var rooms: [String]
    var membersPerRoom: Int
    var talkersPerRoom: Int
    var pattern: Pattern
    var sendsLevels: Bool
    var hasMarker: Bool
    var video: VideoPlan?
    var dashboards: Int
    var membersWatch: Bool
    var seconds: Double
    var joinRate: Double
    var serverPID: Int?
    var isRealtime: Bool
    var jsonPath: String?

    var media: MediaPlan {
        MediaPlan(codecs: phones?.codecs ?? [.opus], sendsLevels: sendsLevels, video: video?.size)
    }

    /// All members, the rooms' in turn so that every room grows at the same pace.
    var members: [MemberPlan] {
        if let phones, let farCodec = phones.farCodec { return pairs(of: phones.codec, and: farCodec) }
        return (0..<membersPerRoom * rooms.count).map { index in
            let place = index / rooms.count
            return MemberPlan(
                index: index, room: index % rooms.count, role: role(at: place),
                hearsMarker: hasMarker && place >= firstListener && place >= membersPerRoom - Self.markerReceivers,
                decrypts: index.isMultiple(of: Self.sampled), isOwedSound: isOwedSound(at: place),
                video: videoPart(index, at: place), phone: phones?.codec)
        }
    }

    /// Who calls, and behind it who is called; both talk.
    private func pairs(of codec: AudioCodec, and farCodec: AudioCodec) -> [MemberPlan] {
        (0..<membersPerRoom * rooms.count * 2).map { index in
            let isCalled = !index.isMultiple(of: 2)
            return MemberPlan(
                index: index, room: index / 2 % rooms.count, role: .talker, hearsMarker: false, decrypts: false,
                isOwedSound: true, video: nil, phone: isCalled ? farCodec : codec, isCalled: isCalled)
        }
    }

    /// What a member calls: its room, or a number that leads to the far end of its pair.
    func number(of member: MemberPlan) -> String {
        guard let farCodec = phones?.farCodec else { return rooms[member.room] }
        return "\(farCodec)-\(member.index + 1)"
    }

    /// A telephone gets a packet in each tick, of silence too.
    private func isOwedSound(at place: Int) -> Bool {
        if let phones, phones.codec != .opus { return true }
        return othersTalk(at: place)
    }

    /// The last who can see decode.
    private func videoPart(_ index: Int, at place: Int) -> VideoPart? {
        guard let video, place < video.camerasPerRoom + video.watchersPerRoom else { return nil }
        let viewers = (video.camerasPerRoom + video.watchersPerRoom) * rooms.count
        return VideoPart(
            hasCamera: place < video.camerasPerRoom, decodes: index >= viewers - video.decoders, loss: video.loss)
    }

    /// Who has no camera has no picture to turn to.
    private var speakers: Int { video?.camerasPerRoom ?? membersPerRoom }

    private func othersTalk(at place: Int) -> Bool {
        if pattern == .talk, membersPerRoom > 1 { return true }
        return talkersPerRoom > (place < talkersPerRoom ? 1 : 0)
    }

    /// The marker is the last to speak; who comes after only listens.
    private func role(at place: Int) -> Role {
        if place < talkersPerRoom { return .talker }
        if hasMarker, place == talkersPerRoom { return .marker }
        if pattern == .turns { return place < speakers ? .turn(place, of: speakers) : .crowd(.noise) }
        return .crowd(pattern)
    }

    private var firstListener: Int { talkersPerRoom + 1 }

    /// A login that already names its domain keeps it.
    func login(of account: Account) -> String {
        guard let domain, !account.login.contains("@") else { return account.login }
        return "\(account.login)@\(domain)"
    }

    /// One in so many members decrypts all it hears.
    private static let sampled = 20
    /// In each room.
    private static let markerReceivers = 4
}

/// Where the server's WebSocket is.
struct Endpoint: Sendable {
    let isSecure: Bool
    let host: String
    let port: Int
    let path: String
    /// Takes any certificate.
    let isLax: Bool

    /// `ws://host:port/path` or `wss://…`; without a port 80 or 443, an IPv6 host in brackets.
    init?(_ url: String, isLax: Bool) {
        if url.hasPrefix("wss://") {
            isSecure = true
        } else if url.hasPrefix("ws://") {
            isSecure = false
        } else {
            return nil
        }
        let rest = url.dropFirst(isSecure ? 6 : 5)
        let authority = rest.prefix { $0 != "/" }
        path = rest.count > authority.count ? String(rest.dropFirst(authority.count)) : "/"
        self.isLax = isLax
        let portText: Substring
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            host = String(authority[authority.index(after: authority.startIndex)..<end])
            portText = authority[authority.index(after: end)...].drop { $0 == ":" }
        } else {
            host = String(authority.prefix { $0 != ":" })
            portText = authority.dropFirst(host.count).drop { $0 == ":" }
        }
        guard let port = portText.isEmpty ? (isSecure ? 443 : 80) : Int(portText), !host.isEmpty,
            (1...65_535).contains(port)
        else { return nil }
        self.port = port
    }
}
