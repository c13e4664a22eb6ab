import Testing
import Verto

struct SecretsTests {
    static let rows = [
        ("conference 3500 mute 2", "conference 3500 mute 2"),
        ("conference 3500 pin 4711", "conference 3500 pin ***"),
        ("conference 3500 pin mod 815", "conference 3500 pin ***"),
        ("3500 PIN 4711", "3500 PIN ***"),
        ("originate user/1001 &conference(3500+4711)", "originate user/1001 &conference(3500+***"),
    ]

    @Test(arguments: rows)
    func logsHoldNoPINs(row: (line: String, masked: String)) {
        #expect(Secrets.masked(row.line) == row.masked)
    }
}
