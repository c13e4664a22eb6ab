import Testing
import Verto
import Wire

/// The `#SP` speed test (verto.md §1.6), without which Verto Communicator does not call.
struct SpeedTestTests {
    private func upload(_ rig: Rig, _ c: ConnectionID, _ bytes: Int) {
        rig.send(c, text: "#SPU \(bytes)")
        let block = "#SPB " + String(repeating: ".", count: 1023)
        let blocks = (bytes + 1023) / 1024 + (bytes % 1024 == 0 ? 0 : 1)
        for _ in 0..<blocks { rig.send(c, text: block) }
    }

    private func texts(_ rig: Rig, _ c: ConnectionID) -> [String] {
        rig.takeBytes(c).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func measuresBothWaysInOneRound() {
        let rig = Rig()
        let c = rig.login()
        upload(rig, c, 262_144)
        rig.wait(.milliseconds(250))
        rig.send(c, text: "#SPE")
        let frames = texts(rig, c)
        #expect(frames.first == "#SPU 250")
        #expect(frames.count == 257)
        #expect(frames.dropFirst().allSatisfy { $0.utf8.count == 1024 && $0.hasPrefix("#SPB....") })
        rig.congest(c)
        rig.wait(.milliseconds(120))
        #expect(texts(rig, c).isEmpty)
        rig.drain(c)
        #expect(texts(rig, c) == ["#SPD 120"])
    }

    @Test func neverReportsLessThanAMillisecondAndSendsTheRemainder() {
        let rig = Rig()
        let c = rig.login()
        upload(rig, c, 1500)
        rig.send(c, text: "#SPE")
        rig.wait(.milliseconds(1))
        let frames = texts(rig, c)
        #expect(frames.first == "#SPU 1")
        #expect(frames.dropFirst().dropLast().map(\.utf8.count) == [1024, 476])
        #expect(frames.last == "#SPD 1")
    }

    @Test func requestsInBetweenDoNotDisturbIt() {
        let rig = Rig()
        let c = rig.login()
        upload(rig, c, 4096)
        #expect(rig.ask(c, "verto.ping", [:]).isResult)
        rig.send(c, text: "#SPE")
        rig.wait(.milliseconds(5))
        #expect(texts(rig, c).last == "#SPD 1")
    }

    @Test func theSecondOneInARowGetsTheNumbersOfTheFirst() {
        let rig = Rig()
        let c = rig.login()
        upload(rig, c, 4096)
        rig.send(c, text: "#SPE")
        rig.congest(c)
        rig.wait(.milliseconds(40))
        rig.drain(c)
        _ = texts(rig, c)
        upload(rig, c, 8192)
        rig.send(c, text: "#SPE")
        #expect(texts(rig, c) == ["#SPU 1", "#SPD 80"])  // twice the bytes, and no download
        rig.wait(.seconds(5))
        upload(rig, c, 4096)
        rig.send(c, text: "#SPE")
        #expect(texts(rig, c).count == 5)
    }

    @Test(arguments: [
        "#SPU 0", "#SPU -5", "#SPU 1048577", "#SPU 99999999999999999999999", "#SPU x", "#SPU", "#XX", "#SPB", "#SPE",
        "#", "##########",
    ])
    func ignoresWhatIsNoStart(frame: String) {
        let rig = Rig()
        let c = rig.login()
        rig.send(c, text: frame)
        rig.send(c, text: "#SPE")
        rig.wait(.seconds(1))
        #expect(texts(rig, c).isEmpty)
        #expect(rig.closed.isEmpty)
    }

    @Test func beforeTheLoginItEndsTheConnection() {
        let rig = Rig()
        let c = rig.connect()
        rig.send(c, text: "#SPU 1024")
        #expect(rig.closed[c]?.code == 1000)
        #expect(texts(rig, c).isEmpty)
    }

    @Test func anUploadWithoutEndEndsTheConnection() {
        let rig = Rig()
        let c = rig.login()
        rig.send(c, text: "#SPU 1024")
        let block = "#SPB " + String(repeating: ".", count: 1023)
        for _ in 0..<20 { rig.send(c, text: block) }
        #expect(rig.closed[c] != nil)
        #expect(rig.counts[.speedTestAborted] == 1)
    }
}
