import Conference
import Testing

struct RoomProfileTests {
    @Test func readsParametersHoweverTheyAreSpelled() {
        let profile = RoomProfile(
            name: "p",
            parameters: [
                ("max_members", "5"), ("Energy-Level", "100"), ("energy-level", "200"), ("moh-sound", "a"), ("pin", ""),
                ("moderator-pin", "99"), ("conference-flags", "wait-mod,livearray-sync"), ("member-flags", "mute"),
                ("comfort-noise", "true"), ("endconf-grace-time", "7"), ("mix-loudest", "3"), ("unheard-of", "1"),
            ])
        #expect(profile.maxMembers == 5)
        #expect(profile.energyLevel == 200)
        #expect(profile.sounds == ["moh-sound": "a"])
        #expect(profile.pin == nil)
        #expect(profile.moderatorPIN == "99")
        #expect(profile.roomFlags == [.waitMod, .liveArraySync])
        #expect(profile.memberFlags == .mute)
        #expect(profile.comfortNoise == 1400)
        #expect(profile.endconfGrace == .seconds(7))
        #expect(profile.loudest == 3)
    }

    @Test func readsWhatVideoNeeds() {
        let profile = RoomProfile(
            name: "p",
            parameters: [
                ("video-auto-floor-msec", "1000"), ("video-floor-hold-ms", "500"), ("video-uplink-policy", "Lowest"),
                ("max-bw-in", "2mb"),
            ])
        #expect((profile.videoAutoFloor, profile.videoFloorHold) == (.seconds(1), .milliseconds(500)))
        #expect((profile.videoUplinkPolicy, profile.videoBandwidthIn) == (.lowest, 2000))
        let senseless = RoomProfile(
            name: "p",
            parameters: [
                ("video-auto-floor-msec", "-1"), ("video-floor-hold-ms", "x"), ("video-uplink-policy", "median"),
                ("max-bw-in", "0"),
            ])
        #expect((senseless.videoAutoFloor, senseless.videoFloorHold) == (.zero, .milliseconds(1500)))
        #expect((senseless.videoUplinkPolicy, senseless.videoBandwidthIn) == (.average, nil))
    }

    typealias Row = (name: String, value: String, limit: Int, rate: Int, loudest: Int)

    static let senseless: [Row] = [
        ("max-members", "1", 0, 48_000, 12), ("max-members", "-4", 0, 48_000, 12), ("max-members", "x", 0, 48_000, 12),
        ("rate", "1234", 0, 48_000, 12), ("rate", "auto", 0, 48_000, 12), ("rate", "8000", 0, 8000, 12),
        ("mix-loudest", "0", 0, 48_000, 12), ("max-members", "99999999999999999999", 0, 48_000, 12),
    ]

    @Test(arguments: senseless)
    func keepsTheDefaultForSenselessValues(row: Row) {
        let profile = RoomProfile(name: "p", parameters: [(row.name, row.value)])
        #expect(profile.maxMembers == row.limit)
        #expect(profile.rate == row.rate)
        #expect(profile.loudest == row.loudest)
    }

    @Test func aRoomThatTunesItselfStartsHalfWayUp() {
        #expect(RoomProfile(name: "p", parameters: [("auto-energy-level", "400")]).energyLevel == 200)
        let both = RoomProfile(name: "p", parameters: [("auto-energy-level", "400"), ("energy-level", "50")])
        #expect(both.energyLevel == 50)
        #expect(both.autoEnergy == AutoEnergy(ceiling: 400, seconds: 5))
        #expect(RoomProfile(name: "p").autoEnergy == nil)
    }

    @Test func theOpenersFlagsComeOnTop() throws {
        let argument = try ConferenceArgument(parsing: "3500@p+flags{wait-mod|moderator}")
        let profile = RoomProfile(name: "p", parameters: [("conference-flags", "livearray-sync")])
        #expect(profile.opened(by: argument).roomFlags == [.waitMod, .liveArraySync])
    }
}
