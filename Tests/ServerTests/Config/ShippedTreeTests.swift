import Calls
import SIP
import Server
import Testing

/// The `conf/` folder of the repository and the tree built into the program.
struct ShippedTreeTests {
    static let variables = [
        "local_ip_v4": "192.0.2.1", "moderator_password": "m", "guest_password": "g", "dashboard_password": "d",
        "default_password": "p",
    ]

    /// The repository's root, from this file's place in it.
    static let conf = #filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 } + "/conf"

    let shipped: Configuration
    let builtIn: Configuration
    let warnings: [ConfigurationWarning]

    init() throws {
        let (shipped, first) = try Configuration.load(from: Self.conf, variables: Self.variables)
        let (builtIn, second) = try Configuration.builtIn(variables: Self.variables)
        self.shipped = shipped
        self.builtIn = builtIn
        warnings = first + second
    }

    @Test func loadsWithoutAWarning() {
        #expect(warnings.map(\.description) == [])
    }

    @Test func sayTheSameOfTheDoor() throws {
        let (one, other) = (try #require(shipped.verto.profiles.first), try #require(builtIn.verto.profiles.first))
        #expect(shipped.verto.profiles.count == 1)
        #expect(builtIn.verto.profiles.count == 1)
        #expect(one.name == other.name)
        #expect(one.listeners == other.listeners)
        #expect(one.authentication == other.authentication)
        #expect(one.forcedDomain == other.forcedDomain)
        #expect(one.context == other.context)
        #expect(one.mediaAddresses == other.mediaAddresses)
        #expect(one.outboundCodecs == other.outboundCodecs)
        #expect(one.inboundCodecs == other.inboundCodecs)
        #expect(shipped.verto.detachTimeout == builtIn.verto.detachTimeout)
    }

    @Test func sayTheSameOfPhones() throws {
        #expect(shipped.sip.settings == builtIn.sip.settings)
        #expect(shipped.sip.tls == builtIn.sip.tls)
        let sip = shipped.sip.settings
        #expect(sip.profiles.map(\.name).sorted() == ["external", "internal"])
        #expect(sip.profiles.flatMap(\.gateways).isEmpty)
        let inside = try #require(sip.profile("internal"))
        #expect(inside.authenticatesCalls && inside.registers)
        #expect(inside.permitsCalls(from: try address("127.0.0.1", 0)) == false)
        let outside = try #require(sip.profile("external"))
        #expect(!outside.authenticatesCalls && !outside.registers && !outside.transfersAllowed)
    }

    /// Who calls without a password reaches nobody but the echo, and no gateway.
    @Test(arguments: ["9196", "3000", "1000", "moderator", "0301234567", "9197"])
    func strangersGetNowhere(destination: String) {
        for tree in [shipped, builtIn] {
            let call = CallAttributes(destinationNumber: destination, domain: "example.com")
            let applications = tree.dialplan.route(call, in: "public").applications.map(\.name)
            #expect(applications == (destination == "9196" ? ["answer", "echo"] : []))
        }
    }

    @Test func sayTheSameOfRooms() {
        #expect(shipped.conference.profiles.map(\.name) == builtIn.conference.profiles.map(\.name))
        for profile in shipped.conference.profiles {
            let own = profile.pairs.map { "\($0)=\($1)" }
            #expect(own == builtIn.conference.profile(profile.name)?.pairs.map { "\($0)=\($1)" })
        }
        #expect(shipped.conference.controls == builtIn.conference.controls)
        #expect(shipped.settings == builtIn.settings)
        #expect(builtIn.settings == ServerSettings())
    }

    @Test(arguments: ["3000", "3999", "3500-screen", "9196", "9197", "2999", "4000", "35000", "3500-x", ""])
    func routeTheSame(destination: String) {
        #expect(shipped.run(destination) == builtIn.run(destination))
    }

    @Test func routesRoomsScreensTestsAndUsers() {
        #expect(shipped.run("3500") == ["answer", "conference 3500@default"])
        #expect(
            shipped.run("3500-screen") == [
                "answer", "set conference_member_flags=join-vid-floor", "conference 3500@default",
            ])
        #expect(shipped.run("9196") == ["answer", "echo"])
        #expect(shipped.run("9197") == ["answer", "playback {loops=-1}tone_stream://%(251,0,1004)"])
        #expect(
            shipped.run("ann.b") == [
                "set ringback=tone_stream://%(1000,3000,425)", "set call_timeout=45", "set hangup_after_bridge=true",
                "bridge user/ann.b@example.com",
            ])
        for nobody in ["", "+49", "a b", "user/1000", ".1000"] { #expect(shipped.run(nobody) == []) }
    }

    @Test func hasTheSameUsersButForTheExtensions() {
        let people = shipped.directory.users.filter { Int($0.id) == nil }
        #expect(people == builtIn.directory.users)
        #expect(
            shipped.directory.users.map(\.id) == ["1000", "1001", "1002", "1003", "dashboard", "guest", "moderator"])
    }

    typealias Row = (user: String, password: String, isModerator: Bool, method: String, allowed: Bool)

    static let rows: [Row] = [
        ("moderator", "m", true, "verto.invite", true), ("guest", "g", false, "verto.invite", true),
        ("dashboard", "d", false, "verto.invite", false), ("dashboard", "d", false, "verto.subscribe", true),
        ("guest", "g", false, "jsapi", false), ("1000", "p", true, "verto.invite", true),
        ("1001", "p", false, "verto.invite", true),
    ]

    @Test(arguments: rows)
    func givesEachUserTheirRights(row: Row) throws {
        let user = try #require(shipped.directory.user(row.user))
        #expect(user.password == row.password)
        #expect((user.variables["conference_member_flags"] == "moderator") == row.isModerator)
        #expect(user.isSet("moderator") == row.isModerator)
        #expect(user.allowedMethods.allows(row.method) == row.allowed)
        #expect(user.context == "default")
        #expect(user.mayUseSIP == (row.user != "dashboard"))
    }

    @Test func opensWatchingToTheDashboardOnly() throws {
        let channel = "conference-liveArray.3500@192.0.2.1"
        for user in shipped.directory.users {
            #expect(user.allowedEventChannels.allows(channel) == (user.id == "dashboard"))
        }
        let dashboard = try #require(shipped.directory.user("dashboard"))
        #expect(dashboard.allowedEventChannels.allows("conference-rooms"))
        #expect(!dashboard.allowedEventChannels.allows("conference-mod.3500@192.0.2.1"))
    }

    /// Without generated passwords nobody can log in, rather than everybody with an empty one.
    @Test func letsNobodyInWithoutPasswords() throws {
        let (configuration, warnings) = try Configuration.load(from: Self.conf, variables: ["local_ip_v4": "192.0.2.1"])
        #expect(configuration.directory.users.allSatisfy { $0.password == nil && $0.a1Hash == nil })
        #expect(warnings.contains { $0.reason.contains("moderator_password") })
    }
}
