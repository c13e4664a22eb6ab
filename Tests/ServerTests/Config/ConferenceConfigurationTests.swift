import Calls
import Conference
import Server
import Testing

struct ConferenceConfigurationTests {
    private let file = "c/autoload_configs/conference.conf.xml"

    @Test func keepsParametersInOrderAndDropsEmptyOnes() throws {
        let text = conference(
            """
            <param name="rate" value="48000"/><param name="PIN" value="12"/><param name="energy_level" value="300"/>
            <param name="moderator-pin" value=""/><param name="rate" value="16000"/>
            """
        )
        let profile = try #require(try load([file: text]).configuration.conference.profile("default"))
        #expect(profile.parameters.map(\.name) == ["rate", "pin", "energy-level", "rate"])
        #expect(profile.parameters.map(\.value) == ["48000", "12", "300", "16000"])
        #expect(profile.parameters.map(\.origin.line) == [2, 2, 2, 3])
    }

    @Test func putsTheServersDefaultsInFront() throws {
        let files = [
            file: conference(#"<param name="mix-loudest" value="3"/>"#),
            "c/autoload_configs/parley.conf.xml": parley(#"<param name="opus-bitrate" value="64000"/>"#),
        ]
        let configuration = try load(files).configuration
        let names = ["mix-loudest", "opus-complexity", "opus-bitrate"]
        #expect(configuration.roomParameters(profile: "default").map(\.0) == names + ["mix-loudest"])
        #expect(configuration.roomParameters(profile: "default").map(\.1) == ["12", "5", "64000", "3"])
        #expect(configuration.roomParameters(profile: "unknown").map(\.0) == names)
    }

    @Test(arguments: [
        (
            #"<param name="rate" value="11025"/>"#,
            "rate: '11025' is not one of 8000, 12000, 16000, 24000, 32000, 44100, 48000"
        ),
        (#"<param name="max-members" value="1"/>"#, "max-members: '1' is not a number from 2 to 1000000"),
        (#"<param name="energy-level" value="loud"/>"#, "energy-level: 'loud' is not a number from 0 to 32767"),
        (#"<param name="comfort-noise" value="a bit"/>"#, "comfort-noise: 'a bit' is neither true nor false"),
        (#"<param name="mix-loudest" value="0"/>"#, "mix-loudest: '0' is not a number from 1 to 1000"),
        (#"<param name="video-mode" value="grid"/>"#, "video-mode: 'grid' is not one of passthrough, mux, transcode"),
        (
            #"<param name="video-auto-floor-msec" value="-1"/>"#,
            "video-auto-floor-msec: '-1' is not a number from 0 to 60000"
        ),
        (
            #"<param name="video-uplink-policy" value="best"/>"#,
            "video-uplink-policy: 'best' is not one of lowest, average, highest"
        ),
        (#"<param name="max-bw-in" value="fast"/>"#, "max-bw-in: 'fast' is not a bandwidth in kb/s"),
        (#"<param name="pin-retries" value="0"/>"#, "pin-retries: '0' is not a number from 1 to 100"),
        (#"<param name="announce-count" value="-1"/>"#, "announce-count: '-1' is not a number from 0 to 1000000"),
        (
            #"<param name="terminate-on-silence" value="x"/>"#,
            "terminate-on-silence: 'x' is not a number from 0 to 86400"
        ),
        (
            #"<param name="heartbeat-period-sec" value="19"/>"#,
            "heartbeat-period-sec: '19' is not a number from 20 to 86400"
        ),
        (#"<param name="auto-gain-level" value="x"/>"#, "auto-gain-level: 'x' is not a number from 0 to 32767"),
        (
            #"<param name="min-required-recording-participants" value="3"/>"#,
            "min-required-recording-participants: '3' is not a number from 1 to 2"
        ),
        (#"<param name="denoise" value="some"/>"#, "denoise: 'some' is neither true nor false"),
        (
            #"<param name="enter-sound" value="tone_stream://%(x)"/>"#,
            "enter-sound: cannot read the tones 'tone_stream://%(x)'"
        ),
    ])
    func refusesABadValue(line: String, reason: String) {
        #expect(problems([file: conference(line)]) == ["\(file):2: error: \(reason)"])
    }

    @Test(arguments: [
        (
            #"<param name="video-mode" value="mux"/>"#,
            "video-mode: pictures are forwarded, not mixed: passthrough is used instead of 'mux'"
        ),
        (#"<param name="video-fps" value="30"/>"#, "conference parameter 'video-fps' has no effect"),
        (#"<param name="member-flags" value="vmute|flip-video"/>"#, "member flag 'flip-video' has no effect"),
        (#"<param name="energy-levle" value="3"/>"#, "unknown conference parameter 'energy-levle'"),
        (#"<param name="member-flags" value="mute|waste"/>"#, "member flag 'waste' has no effect"),
        (
            #"<param name="conference-flags" value="wait-mod|auto-3d-position"/>"#,
            "conference flag 'auto-3d-position' has no effect"
        ),
        (
            #"<param name="moh-sound" value="local_stream://moh"/>"#,
            "sounds of the kind 'local_stream://' are not supported and silent"
        ),
        (#"<param name="ack-sound" value="beep.wav"/>"#, "conference parameter 'ack-sound' has no effect"),
        (#"<param name="cdr-event-mode" value="content"/>"#, "conference parameter 'cdr-event-mode' has no effect"),
        (#"<param name="caller-controls" value="mine"/>"#, "caller-controls: no group 'mine': no keys"),
    ])
    func listsWhatHasNoEffect(line: String, reason: String) throws {
        #expect(try warnings([file: conference(line)]) == ["\(file):2: warning: \(reason)"])
    }

    @Test func takesWhatVideoNeedsWithoutAWord() throws {
        let text = conference(
            """
            <param name="video-mode" value="passthrough"/><param name="video-auto-floor-msec" value="1000"/>
            <param name="video-uplink-policy" value="lowest"/><param name="video-floor-hold-ms" value="500"/>
            <param name="max-bw-in" value="2mb"/><param name="max_bw_in" value="0"/>
            <param name="member-flags" value="vmute|blind|join-vid-floor|video-bridge|no-minimize-encoding"/>
            <param name="conference-flags" value="video-floor-only|manage-inbound-video-bitrate"/>
            """
        )
        #expect(try warnings([file: text]) == [])
    }

    @Test func takesWhatCallersMeetWithoutAWord() throws {
        let text = conference(
            """
            <param name="pin-retries" value="5"/><param name="announce-count" value="3"/>
            <param name="terminate-on-silence" value="60"/><param name="heartbeat-period-sec" value="0"/>
            <param name="auto-gain-level" value="2000"/><param name="auto-gain-low-energy-level" value="100"/>
            <param name="auto-gain-change-factor" value="3"/><param name="denoise" value="true"/>
            <param name="auto-record" value="${conference_name}.opus"/><param name="channels" value="2"/>
            <param name="min-required-recording-participants" value="2"/><param name="comfort-noise" value="1400"/>
            <param name="ivr-dtmf-timeout" value="700"/><param name="moh-sound" value="music/quiet.opus"/>
            <param name="pin-sound" value="conference/conf-pin.wav"/><param name="alone-sound" value="silence"/>
            <param name="enter-sound" value="tone_stream://%(200,0,500)"/><param name="caller-controls" value="none"/>
            """
        )
        let (configuration, warnings) = try load([file: text])
        #expect(warnings.map(\.description) == [])
        let profile = configuration.roomProfile("default")
        #expect(profile.pinRetries == 5)
        #expect(profile.announceCount == 3)
        #expect(profile.terminateOnSilence == .seconds(60))
        #expect(profile.autoGainLevel == 2_000)
        #expect(profile.autoRecord == "${conference_name}.opus")
        #expect(profile.sound(.music)?.text == "music/quiet.opus")
        #expect(profile.sound(.alone) == nil)
        #expect(profile.controls(named: profile.callerControls).isEmpty)
    }

    @Test func givesEveryProfileKeysAndRoles() throws {
        let text = """
            <configuration name="conference.conf"><caller-controls>
            <group name="default"><control action="mute" digits="1"/></group>
            <group name="g"><control action="hangup" digits="##"/></group>
            </caller-controls><profiles><profile name="p"><param name="caller-controls" value="g"/></profile></profiles>
            </configuration>
            """
        let roles = """
            <configuration name="parley.conf"><command-roles><command name="Kick" role="nobody"/></command-roles>
            </configuration>
            """
        let files = [file: text, "c/autoload_configs/parley.conf.xml": roles]
        let profiles = try load(files).configuration.roomProfiles
        #expect(profiles.keys.sorted() == ["none", "p"])
        let profile = try #require(profiles["p"])
        #expect(profile.controls(named: profile.callerControls).map(\.digits) == ["##"])
        #expect(profiles["none"]?.controls(named: "default").map(\.digits) == ["1", "*0", "*9"])
        for profile in profiles.values { #expect(profile.policy.requirement(for: .kick(.all)) == .nobody) }
    }

    @Test func readsGroupsOfKeys() throws {
        let text = """
            <configuration name="conference.conf"><caller-controls><group name="g">
            <control action="mute" digits="*0"/><control action="event" digits="#" data="x"/>
            <control action="border" digits="1"/>
            </group></caller-controls></configuration>
            """
        let (configuration, warnings) = try load([file: text])
        let group = configuration.conference.controls["g"]
        #expect(warnings.map(\.description) == ["\(file):3: warning: caller control 'border' has no effect"])
        #expect(group?.map(\.action) == [.toggleMute, .event])
        #expect(group?.map(\.data) == ["", "x"])
    }

    @Test func refusesAGroupThatCannotBeDialled() {
        let text = """
            <configuration name="conference.conf"><caller-controls><group name="g">
            <control action="mute" digits="x"/>
            <control digits="1"/>
            <control action="transfer" digits="2"/>
            </group><group/></caller-controls>
            <profiles><profile/><profile name="p"/><profile name="p"/></profiles></configuration>
            """
        #expect(
            problems([file: text]) == [
                "\(file):2: error: 'x' are not keys of a telephone",
                "\(file):3: error: a control needs an action and digits",
                "\(file):4: error: transfer needs an extension in data",
                "\(file):5: error: a group of controls without a name", "\(file):6: error: a profile without a name",
                "\(file):6: error: profile 'p' stands twice",
            ]
        )
    }
}
