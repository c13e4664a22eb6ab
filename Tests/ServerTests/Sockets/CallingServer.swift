import Calls
import Conference
import Server
import Verto

/// A server whose users 1000 to 1003 can be called, and may give text commands.
enum CallingServer {
    /// `10..` rings a user, `ring-10..` for a second only, `tone-10..` with a tone of 800 Hz for the caller;
    /// rooms 38.. have the PIN 1234;
    /// `file` plays `long.wav` and ends.
    static let extensions = """
        <extension name="briefly"><condition field="destination_number" expression="^ring-(10\\d\\d)$">
        <action application="set" data="call_timeout=1"/><action application="bridge" data="user/$1"/>
        </condition></extension>
        <extension name="tone"><condition field="destination_number" expression="^tone-(10\\d\\d)$">
        <action application="set" data="ringback=tone_stream://%(2000,0,800);loops=-1"/>
        <action application="bridge" data="user/$1"/>
        </condition></extension>
        <extension name="users"><condition field="destination_number" expression="^(10\\d\\d)$">
        <action application="set" data="hangup_after_bridge=true"/><action application="bridge" data="user/$1"/>
        </condition></extension>
        <extension name="secret"><condition field="destination_number" expression="^(38\\d\\d)$">
        <action application="answer"/><action application="conference" data="$1@default+1234"/>
        </condition></extension>
        <extension name="rooms"><condition field="destination_number" expression="^(3\\d{3})$">
        <action application="answer"/><action application="conference" data="$1@default"/>
        </condition></extension>
        <extension name="file"><condition field="destination_number" expression="^file$">
        <action application="answer"/><action application="playback" data="missing.wav"/>
        <action application="playback" data="long.wav"/><action application="hangup" data="USER_BUSY"/>
        </condition></extension>
        <extension name="echo"><condition field="destination_number" expression="^9196$">
        <action application="answer"/><action application="echo"/>
        </condition></extension>
        """

    static func run(
        mediaLoops: Int? = nil, adjust: @escaping @Sendable (inout BridgeSettings) -> Void = { _ in },
        _ body: @escaping @Sendable (RunningServer) async throws -> Void,
        afterwards: ((_ data: String) throws -> Void)? = nil
    ) async throws {
        let plan = try load(["c/dialplan/default.xml": dialplan(extensions)]).configuration.dialplan
        let settings: @Sendable (inout BridgeSettings) -> Void = { settings in
            settings.dialplan = plan
            settings.directory = withCommands(settings.directory)
            adjust(&settings)
        }
        try await RunningServer.run(adjust: settings, mediaLoops: mediaLoops, body, afterwards: afterwards)
    }

    /// Everybody may give every text command.
    private static func withCommands(_ directory: Directory) -> Directory {
        let users = directory.users.map { user in
            var parameters = user.parameters
            for name in ["fsapi", "jsapi"] {
                parameters["jsonrpc-allowed-\(name)"] =
                    "conference,show,originate,uuid_kill,uuid_transfer,verto_contact"
            }
            if !(parameters["jsonrpc-allowed-methods"] ?? "").contains("echo") {
                parameters["jsonrpc-allowed-methods"] = "verto,fsapi,jsapi,echo"
            }
            return User(id: user.id, domain: user.domain, parameters: parameters, variables: user.variables)
        }
        return Directory(defaultDomain: directory.defaultDomain, users: users)
    }
}
