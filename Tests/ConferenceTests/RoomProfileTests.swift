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

    @Test func readsWhatRoomsDoBesides() {
        let profile = RoomProfile(
            name: "p",
            parameters: [
                ("pin-retries", "5"), ("announce-count", "4"), ("terminate-on-silence", "60"), ("channels", "2"),
                ("heartbeat-period-sec", "20"), ("suppress-events", "lock, dtmf"), ("auto-gain-level", "1500"),
                ("denoise", "yes"), ("auto-record", "a"), ("min-required-recording-participants", "2"),
                ("caller-controls", "mine"), ("moderator-controls", "theirs"), ("ivr-dtmf-timeout", "700"),
            ])
        #expect((profile.pinRetries, profile.announceCount, profile.channels) == (5, 4, 2))
        #expect((profile.terminateOnSilence, profile.heartbeat) == (.seconds(60), .seconds(20)))
        #expect(profile.suppressEvents == ["lock", "dtmf"])
        #expect((profile.autoGainLevel, profile.denoises, profile.recordingMinimum) == (1500, true, 2))
        #expect((profile.callerControls, profile.moderatorControls) == ("mine", "theirs"))
        #expect(profile.autoRecord == "a" && profile.digitTimeout == .milliseconds(700))
        let senseless = RoomProfile(
            name: "p",
            parameters: [
                ("pin-retries", "0"), ("channels", "3"), ("heartbeat-period-sec", "5"), ("ivr-dtmf-timeout", "100"),
                ("min-required-recording-participants", "3"),
            ])
        #expect((senseless.pinRetries, senseless.channels, senseless.heartbeat) == (3, 1, .zero))
        #expect((senseless.digitTimeout, senseless.recordingMinimum) == (.milliseconds(500), 1))
    }

    @Test func theOpenersVariablesComeOnTop() throws {
        let argument = try ConferenceArgument(parsing: "3500@p")
        let variables = [
            "conference_moh_sound": "mine", "conference_perpetual_sound": "p", "conference_auto_record": "r",
            "conference_max_members": "1", "conference_endconference_grace_time": "9", "confvar_topic": "t",
        ]
        let profile = RoomProfile(name: "p", parameters: [("moh-sound", "its"), ("max-members", "7")])
            .opened(by: argument, variables: variables)
        #expect(profile.sounds == ["moh-sound": "its", "perpetual-sound": "p"])
        #expect((profile.autoRecord, profile.maxMembers, profile.endconfGrace) == ("r", 7, .seconds(9)))
        #expect(profile.variables == ["topic": "t"])
    }

    @Test func aCallsVariablesSayHowItJoins() {
        var request = caller(1)
        let variables = [
            "conference_join_volume_in": "2", "conference_join_volume_out": "9", "conference_join_energy_level": "300",
            "conference_position": "1:0:0", "conference_controls": "none", "conference_silent_entry": "true",
            "conference_exit_sound": "bye", "conference_enforce_security": "false", "supplied_pin": "12",
        ]
        request.read(variables: variables)
        #expect((request.volumeIn, request.volumeOut, request.energyLevel) == (2, 0, 300))
        #expect(request.position == Position(x: 1, y: 0, z: 0) && request.controls == "none")
        #expect(request.isSilent && !request.enforceSecurity && request.exitSound?.text == "bye")
        #expect(request.suppliedPIN == "12" && request.callVariables.count == variables.count - 1)
    }
}
