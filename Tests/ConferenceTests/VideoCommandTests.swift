import Conference
import Testing

struct VideoCommandTests {
    /// Members 1 to 3 with pictures, 3 holding the floor; 4 only watches, 5 has no video.
    private func cinema(_ parameters: (String, String)...) throws -> Cinema {
        var cinema = Cinema()
        if let first = parameters.first { cinema = Cinema(first) }
        for id in [one, two, three] { try cinema.enter(id) }
        try cinema.enter(MemberID(4), .sendOnly)
        try cinema.enter(MemberID(5), .none)
        return cinema
    }

    private func reply(_ command: Command, _ cinema: inout Cinema) throws -> Reply {
        let (reply, effects) = try cinema.room.perform(command, by: api, at: cinema.now)
        cinema.screens.apply(effects)
        return reply
    }

    @Test func mutingHidesAtOnceAndTwiceIsOnce() throws {
        var cinema = try cinema()
        let effects = cinema.tell(.videoMute(.member(three)))
        #expect(effects.first == .setVideoMuted(three, true))
        #expect(cinema.room.videoFloorHolder == two && cinema.video(three)?.muted == true)
        #expect(cinema.tell(.videoMute(.member(three))) == [])
        #expect(cinema.tell(.toggleVideoMute(.member(three))).first == .setVideoMuted(three, false))
        #expect(cinema.video(three)?.muted == false && cinema.room.videoFloorHolder == two)
    }

    @Test func mutedFromTheStartItsFirstPictureWaits() throws {
        var cinema = try cinema()
        let effects = try cinema.enter(MemberID(6), flags: .vmute)
        #expect(effects.first == .setVideoMuted(MemberID(6), true))
        #expect(cinema.room.videoFloorHolder == three)
        cinema.tell(.videoUnmute(.member(MemberID(6))))
        #expect(cinema.room.videoFloorHolder == MemberID(6))
    }

    @Test func aCameraThatComesLaterIsHiddenAndBoundAsItsMemberIs() throws {
        var cinema = try cinema(("max-bw-in", "1000"))
        let five = MemberID(5)
        cinema.tell(.videoMute(.member(five)))
        let effects = cinema.run { room, now in room.setVideo(five, .both, at: now) }
        #expect(effects.prefix(2) == [.setVideoMuted(five, true), .setVideoBandwidth(five, 1000)])
        cinema.run { room, now in room.videoReady(five, at: now) }
        #expect(cinema.room.videoFloorHolder == three)
        #expect(cinema.video(five)?.visible == false && cinema.video(five)?.muted == true)
    }

    @Test func theHeldRefuseAndWatchersSayNothing() throws {
        var cinema = try cinema()
        #expect(try reply(.videoMute(.member(MemberID(4))), &cinema) == .members([.nothing(MemberID(4))]))
        cinema.run { room, now in room.setOnHold(one, true, at: now) }
        #expect(throws: Refusal.onHold(one)) { try cinema.room.perform(.videoMute(.member(one)), by: api, at: .zero) }
        #expect(
            try reply(.videoMute(.all), &cinema)
                == .members([
                    .done(.videoMute, MemberID(5)), .nothing(MemberID(4)), .done(.videoMute, three),
                    .done(.videoMute, two), .refused(one, .onHold(one)),
                ]))
    }

    @Test func blindingStopsWhatAMemberSees() throws {
        var cinema = try cinema()
        #expect(cinema.tell(.videoBlind(.member(one))).plain == [.showVideo(of: nil, to: one, slot: 0)])
        #expect(cinema.tell(.videoBlind(.member(one))).plain == [])
        #expect(cinema.room.summaries(at: .zero).first { $0.id == one }?.canSee == false)
        #expect(cinema.tell(.toggleVideoBlind(.member(one))).plain == [.showVideo(of: three, to: one, slot: 0)])
    }

    @Test func theFloorCommandForcesTogglesAndRefuses() throws {
        var cinema = try cinema()
        #expect(throws: Refusal.floorHeld(by: three)) {
            try cinema.room.perform(.videoFloor(.member(one), force: false), by: api, at: .zero)
        }
        for id in [4, 5] {
            #expect(throws: Refusal.badArgument(command: "vid-floor")) {
                try cinema.room.perform(.videoFloor(.member(MemberID(id)), force: true), by: api, at: .zero)
            }
        }
        #expect(try reply(.videoFloor(.member(one), force: true), &cinema) == .members([.floor(one)]))
        #expect(cinema.screens[two] == one && cinema.screens[one] == three)
        cinema.speak(two, for: .seconds(5))
        #expect(cinema.room.videoFloorHolder == one)
        #expect(try reply(.videoFloor(.member(one), force: true), &cinema) == .members([.floor(nil)]))
        // Whoever is unlocked is given the audio floor.
        #expect(cinema.room.videoFloorHolder == one && cinema.room.floorHolder == one)
        cinema.speak(two, for: .seconds(5))
        #expect(cinema.room.videoFloorHolder == two)
    }

    @Test func clearingUnlocksAndMovesNothing() throws {
        var cinema = try cinema()
        cinema.tell(.videoFloor(.member(one), force: true))
        #expect(try reply(.clearVideoFloor, &cinema) == .videoFloorCleared)
        #expect(cinema.room.videoFloorHolder == one)
        cinema.speak(two, for: .seconds(2))
        #expect(cinema.room.videoFloorHolder == two)
    }

    @Test func bandwidthIsSetForThoseWhoSend() throws {
        var cinema = try cinema()
        #expect(
            try reply(.videoBandwidth(.all, 500), &cinema)
                == .members([.videoBandwidth(three, 500), .videoBandwidth(two, 500), .videoBandwidth(one, 500)]))
        #expect(cinema.tell(.videoBandwidth(.member(one), 500)) == [])
        #expect(cinema.tell(.videoBandwidth(.member(one), 300)) == [.setVideoBandwidth(one, 300)])
        #expect(cinema.tell(.videoBandwidth(.member(one), nil)) == [.setVideoBandwidth(one, nil)])
    }

    @Test func nobodyIsAllowedMoreThanProfileAndCall() throws {
        var cinema = try cinema(("max-bw-in", "1000"))
        var request = caller(6)
        (request.video, request.videoBandwidthIn) = (.both, 700)
        let joined = cinema.run { room, now throws(Refusal) in try room.join(request, at: now) }
        #expect(joined.first == .setVideoBandwidth(MemberID(6), 700))
        #expect(try reply(.videoBandwidth(.member(one), 5000), &cinema) == .members([.videoBandwidth(one, 1000)]))
        #expect(cinema.tell(.videoBandwidth(.member(MemberID(6)), 600)) == [.setVideoBandwidth(MemberID(6), 600)])
        #expect(cinema.tell(.videoBandwidth(.member(MemberID(6)), nil)) == [.setVideoBandwidth(MemberID(6), 700)])
    }

    @Test func listsSayWhoHasVideoAndTheFloor() throws {
        let room = try cinema(("video-auto-floor-msec", "1000")).room
        let members = room.summaries(at: .zero)
        #expect(members.map(\.hasVideo) == [false, true, true, true, true])
        #expect(members.filter(\.hasVideoFloor).map(\.id) == [three])
        #expect(room.roster(at: .zero).videoFloorTicks == 50)
    }
}
