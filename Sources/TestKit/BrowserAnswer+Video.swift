package import RTC
package import Wire

extension BrowserAnswer {
    /// One accepted video m-line.
    package struct Video: Equatable, Sendable {
        /// Place of the m-line.
        package let index: Int
        package let mid: String
        package let payloadType: UInt8
        package let rtxPayloadType: UInt8?
        package let feedback: VideoFeedback
        package let midID: UInt8?
        package let ridID: UInt8?
        package let repairedRIDID: UInt8?
        /// Seen from the server.
        package internal(set) var direction: MediaDirection
        /// Of a simulcast, in the order of the answer; empty without.
        package let layers: [String]
        /// What the server announced: at most one, when it sends.
        package let announced: StreamSSRCs?
        /// Stream and track.
        package let msid: String?

        init(_ line: MediaDescription, to offered: MediaDescription, at index: Int) throws(Refusal) {
            guard let vp8 = line.codecs.first(where: { $0.isNamed("VP8") }) else { throw .noVP8 }
            for format in line.formats where !offered.formats.contains(format) { throw .unknownFormat(format) }
            self.index = index
            mid = line.mid ?? String(index)
            payloadType = vp8.payloadType
            rtxPayloadType =
                line.codecs.first { $0.isNamed("rtx") && $0.parameters["apt"] == String(vp8.payloadType) }?.payloadType
            feedback = VideoFeedback(of: vp8)
            midID = line.headerExtension(HeaderExtension.mid)?.id
            ridID = line.headerExtension(HeaderExtension.streamID)?.id
            repairedRIDID = line.headerExtension(HeaderExtension.repairedStreamID)?.id
            direction = line.direction
            layers = try Self.layers(of: line, offered: offered.rids.map(\.id))
            let groups = line.sourceGroups("FID")
            announced = line.ssrcs.first.map { media in
                StreamSSRCs(media: media, rtx: groups.first { $0.count == 2 && $0[0] == media }?[1])
            }
            msid = line.msid
        }

        private static func layers(of line: MediaDescription, offered: [String]) throws(Refusal) -> [String] {
            guard let simulcast = line.attributes.value(of: "simulcast") else { return [] }
            let words = simulcast.split(separator: " ")
            guard words.count == 2, words[0] == "recv", line.headerExtension(HeaderExtension.streamID) != nil else {
                throw .wrongSimulcast
            }
            let layers = words[1].split(separator: ";").map(String.init)
            let received = line.rids.filter { !$0.isSent }.map(\.id)
            guard layers == received, layers.allSatisfy(offered.contains) else { throw .wrongSimulcast }
            return layers
        }
    }
}
