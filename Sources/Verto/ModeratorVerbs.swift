import Conference

/// One thing a moderator can say, through whichever door: the moderator channel, `jsapi`, `fsapi`, the control socket.
struct ModeratorVerb: Sendable {
    /// What comes behind the word.
    enum Arguments: Sendable {
        /// A member, or several by a word, and what the verb takes besides.
        case member
        /// For the room as a whole.
        case room
        /// Of a picture that is mixed; rooms that forward pictures have none.
        case canvas
    }

    /// What a reply is written as.
    enum Format: Sendable { case text, list, json, xml }

    let name: String
    /// Shown behind the name when the arguments make no sense.
    let syntax: String
    let arguments: Arguments
    let format: Format

    /// `<name> <syntax>`, as the text API prints it.
    var usage: String { syntax.isEmpty ? name : "\(name) \(syntax)" }

    /// Its words, and the room's answer to it, are nothing for logs.
    var isSecret: Bool { name == "pin" }

    /// What the room is asked. The words were separate all the way: nothing is pasted together and split again.
    func command(_ words: [String]) throws(Refusal) -> Command {
        if arguments == .canvas { throw .notMixing }
        return try Command(name: name, words: words)
    }

    /// The verb of this name, whatever its case.
    static func find(_ name: String) -> ModeratorVerb? { byName[name.lowercased()] }

    /// The table of verbs, in the order of conference.md §5: a new one is a row here, and a case of
    /// ``Conference/Command`` with its function in the room.
    static let all: [ModeratorVerb] = listing + members + membership + sounds + recordings + video + canvas

    private static let listing: [ModeratorVerb] = [
        row("list", "[delim <string>]|[pretty]|[summary]|[count]", .room, .list),
        row("xml_list", "", .room, .xml),
        row("json_list", "[compact]", .room, .json),
        row("count", "", .room),
        row("get", "<parameter-name>", .room),
        row("set", "<parameter-name> <value>", .room),
        row("getvar", "<varname>", .room),
        row("setvar", "<varname> <value>", .room),
        row("get-uuid", "<member_id|last>", .member),
    ]

    private static let members: [ModeratorVerb] = [
        row("mute", "\(selector) [quiet]", .member),
        row("unmute", "\(selector) [quiet]", .member),
        row("tmute", "\(selector) [quiet]", .member),
        row("deaf", "\(selector) [quiet]", .member),
        row("undeaf", "\(selector) [quiet]", .member),
        row("hold", "\(selector) [file]", .member),
        row("unhold", selector, .member),
        row("volume_in", "\(selector) [up|down|<level>]", .member),
        row("volume_out", "\(selector) [up|down|<level>]", .member),
        row("energy", "\(selector) [up|down|<level>]", .member),
        row("auto-energy", "\(selector) [up|down|<level>]", .member),
        row("agc", "\(selector) [<level>[:<low_level>[:<change_factor>]]|up|down]", .member),
        row("denoise", "\(selector) [on|off]", .member),
        row("position", "<member_id> <x>:<y>:<z>", .member),
        row("hand", "\(selector) [up|down]", .member),
        row("floor", "<member_id>|last", .member),
        row("dtmf", "\(selector) <digits>", .member),
        row("relate", "<member_id>[,<member_id>] <other_member_id>[,<other_member_id>] [nospeak|nohear|clear]", .room),
    ]

    private static let membership: [ModeratorVerb] = [
        row("kick", "\(selector) [<optional sound file>]", .member),
        row("hup", selector, .member),
        row("lock", "", .room),
        row("unlock", "", .room),
        row("pin", "<pin#>|mod <pin#>", .room),
        row("nopin", "", .room),
        row("dial", "<endpoint_module_name>/<destination> <callerid number> <callerid name>", .room),
        row("bgdial", "<endpoint_module_name>/<destination> <callerid number> <callerid name>", .room),
        row("transfer", "<conference_name> <member id> [...<member id>]", .room),
    ]

    private static let sounds: [ModeratorVerb] = [
        row("play", "<file_path> [async|<member_id> [nomux]]", .room),
        row("stop", "[<current|all|async>] [<member_id>]", .room),
        row("pause_play", "[<member_id>]", .room),
        row("play_status", "[<member_id>]", .room),
        row("file_seek", "[+-]<val> [<member_id>]", .room),
        row("file-vol", "<vol#> [async]", .room),
        row("say", "<text>", .room),
        row("saymember", "<member_id> <text>", .member),
        row("moh", "<file_path>|toggle|[on|off|reset]", .room),
        row("enter_sound", "on|off|none|file <filename>", .room),
        row("exit_sound", "on|off|none|file <filename>", .room),
    ]

    private static let recordings: [ModeratorVerb] = [
        row("record", "<filename> [tracks]", .room),
        row("norecord", "<filename>|all", .room),
        row("chkrecord", "", .room),
        row("check_record", "", .room),
        row("pause", "<filename>", .room),
        row("resume", "<filename>", .room),
        row("recording", "[start|stop|check|pause|resume] [<filename>|all] [tracks]", .room),
    ]

    private static let video: [ModeratorVerb] = [
        row("vmute", "\(selector) [quiet]", .member),
        row("unvmute", "\(selector) [quiet]", .member),
        row("tvmute", "\(selector) [quiet]", .member),
        row("vblind", "\(selector) [quiet]", .member),
        row("unvblind", "\(selector) [quiet]", .member),
        row("tvblind", "\(selector) [quiet]", .member),
        row("vid-floor", "<member_id|last> [force]", .member),
        row("clear-vid-floor", "", .room),
        row("vid-res-id", "<member_id>|all <reservation id>|clear [force]", .member),
        row("vid-bandwidth", "[\(selector)] <kb/s>|auto|clear", .member),
    ]

    private static let canvas: [ModeratorVerb] = [
        row("vid-layout", "<layout name>|group <group name> [<canvas id>]", .canvas),
        row("vid-role-id", "<member_id|last> <val>|clear", .canvas),
        row("vid-banner", "<member_id|last> <text>", .canvas),
        row("vid-canvas", "<member_id|last> <num>|next|prev", .canvas),
        row("vid-watching-canvas", "<member_id|last> <num>|next|prev", .canvas),
        row("vid-layer", "<member_id|last> <num>|next|prev", .canvas),
        row("vid-write-png", "<path>", .canvas),
    ]

    private static let selector = "<member_id>|all|last|non_moderator"
    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    private static func row(
        _ name: String,
        _ syntax: String,
        _ arguments: Arguments,
        _ format: Format = .text
    ) -> ModeratorVerb {
        ModeratorVerb(name: name, syntax: syntax, arguments: arguments, format: format)
    }
}
