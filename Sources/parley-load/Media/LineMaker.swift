import Native
import RTC
import TestKit
import Wire

/// Makes the members' lines, and what they share: keys, sounds, pictures.
final class LineMaker {
    let tally = VideoTally()
    private let sendsLevels: Bool
    private let context: DTLSContext
    private let repertoires: [AudioCodec: Repertoire]
    /// From the lowest bit rate; empty without video.
    private let loops: [FrameLoop]
    private let outbox: PacketBatch
    private var random = SystemRandomNumberGenerator()

    /// - Parameters:
    ///   - codecs: Of all lines.
    ///   - video: What the cameras send; `nil` when there are none.
    ///   - outbox: Where lines put what they send.
    init(codecs: Set<AudioCodec>, sendsLevels: Bool, video: VideoSize?, outbox: PacketBatch) throws {
        (self.sendsLevels, self.outbox) = (sendsLevels, outbox)
        let identity = try Identity.generate(commonName: "parley-load", alternativeNames: [], days: 2)
        context = try DTLSContext(identity: identity)
        var repertoires: [AudioCodec: Repertoire] = [:]
        for codec in codecs { repertoires[codec] = try Repertoire(codec: codec) }
        self.repertoires = repertoires
        loops = try video?.rungs.map { try FrameLoop($0) } ?? []
    }

    /// Seconds from the start of the marker's packet to its tone.
    var markerOnset: Double { repertoires[.opus]?.markerOnset ?? 0 }

    /// `nil` when there are no sockets left.
    func browser(_ plan: MemberPlan, localIP: String) -> BrowserLine? {
        guard let local = TransportAddress(ip: localIP, port: 9), let socket = LineSocket(isIPv6: local.isIPv6),
            let address = TransportAddress(ip: localIP, port: socket.localPort), let repertoire = repertoires[.opus]
        else { return nil }
        var settings = FakeBrowser.Settings(address: address)
        settings.offersAudioLevel = sendsLevels
        if let video = plan.video { settings.videos = [.init(video.hasCamera ? .sendrecv : .recvonly)] }
        let browser = FakeBrowser(settings: settings, context: context, outbox: outbox, random: &random)
        return BrowserLine(
            plan: plan, socket: socket, browser: browser, repertoire: repertoire, sendsLevels: sendsLevels,
            screen: screen(of: plan), camera: camera(of: plan))
    }

    /// `nil` when there are no sockets left.
    func phone(_ plan: MemberPlan, _ codec: AudioCodec, localIP: String) -> PhoneLine? {
        guard let local = TransportAddress(ip: localIP, port: 9), let repertoire = repertoires[codec],
            let sockets = LineSocket.pair(isIPv6: local.isIPv6)
        else { return nil }
        return PhoneLine(
            plan: plan, codec: codec, ip: localIP, sockets: sockets, repertoire: repertoire, outbox: outbox,
            using: &random)
    }

    private func screen(of plan: MemberPlan) -> Screen? {
        guard let video = plan.video else { return nil }
        let checker = video.decodes ? try? PictureChecker(loops: loops) : nil
        return Screen(plan, loss: video.loss, tally: tally, checker: checker)
    }

    private func camera(of plan: MemberPlan) -> Camera? {
        guard plan.video?.hasCamera == true else { return nil }
        return Camera(member: plan.index, loops: loops, using: &random)
    }
}
