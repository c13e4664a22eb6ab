/// What our side of one call's transport says in SDP: ICE credentials, certificate, addresses.
package struct LocalTransport: Sendable {
    package struct Candidate: Sendable, Equatable {
        /// A literal address that peers can reach.
        package let ip: String
        package let port: UInt16

        package init(ip: String, port: UInt16) {
            self.ip = ip
            self.port = port
        }
    }

    /// Names the call on its loop's port; unique there.
    package let ufrag: String
    package let pwd: String
    /// SHA-256, upper-case hex with colons: Firefox refuses lower case.
    package let fingerprint: String
    /// Best first.
    package let candidates: [Candidate]
    /// Our audio source.
    package let audioSSRC: UInt32
    /// Our video sources: one pair for each video m-line that may come, in the call's whole life. Without a pair left a
    /// video m-line is refused, so a call from a transport without any is an audio call.
    package let videoSSRCs: [StreamSSRCs]
    /// One for all our sources of the call, or browsers do not synchronise them (RFC 3550 §6.5.1).
    package let cname: String
    package let sessionID: UInt64

    package init(
        ufrag: String, pwd: String, fingerprint: String, candidates: [Candidate],
        audioSSRC: UInt32, videoSSRCs: [StreamSSRCs] = [], cname: String, sessionID: UInt64
    ) {
        self.ufrag = ufrag
        self.pwd = pwd
        self.fingerprint = fingerprint
        self.candidates = candidates
        self.audioSSRC = audioSSRC
        self.videoSSRCs = videoSSRCs
        self.cname = cname
        self.sessionID = sessionID
    }
}
