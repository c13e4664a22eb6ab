import Conference

/// One thing a moderator can say, through whichever door.
struct ModeratorVerb: Sendable {
    struct Doors: OptionSet, Sendable {
        let rawValue: Int
        /// The event channel `conference-mod.…`.
        static let channel = Doors(rawValue: 1)
        /// `conference <name> …` by `fsapi` and `jsapi`.
        static let api = Doors(rawValue: 2)
        static let both: Doors = [.channel, .api]
    }

    /// What comes behind the word.
    enum Arguments: Sendable {
        /// A member, or several by a word, and what the verb takes besides.
        case member
        /// For the room as a whole.
        case room
    }

    /// What a reply is written as.
    enum Format: Sendable { case text, list, json, xml }

    let name: String
    /// Shown behind the name when the arguments make no sense.
    let syntax: String
    let arguments: Arguments
    let doors: Doors
    let format: Format

    /// `<name> <syntax>`, as the text API prints it.
    var usage: String { syntax.isEmpty ? name : "\(name) \(syntax)" }

    /// What the room is asked. The words were separate all the way: nothing is pasted together and split again.
    func command(_ words: [String]) throws(Refusal) -> Command {
        if arguments == .member, words.first?.contains("=") == true { throw .noSelection }  // `<variable>=<value>`
        return try Command(name: name, words: words)
    }

    /// The verb of this name, whatever its case, if it may come through this door.
    static func find(_ name: String, through door: Doors) -> ModeratorVerb? {
        byName[name.lowercased()].flatMap { $0.doors.contains(door) ? $0 : nil }
    }

    /// The table of verbs: a new one is a row here, and a case of ``Conference/Command`` with its function in the room.
    static let all: [ModeratorVerb] = [
        row("mute", "\(selector) [quiet]", .member, .both),
        row("unmute", "\(selector) [quiet]", .member, .both),
        row("tmute", "\(selector) [quiet]", .member, .both),
        row("deaf", "\(selector) [quiet]", .member, .both),
        row("undeaf", "\(selector) [quiet]", .member, .both),
        row("kick", selector, .member, .both),
        row("hup", selector, .member, .both),
        row("volume_in", "\(selector) [up|down|<level>]", .member, .both),
        row("volume_out", "\(selector) [up|down|<level>]", .member, .both),
        row("energy", "\(selector) [up|down|<level>]", .member, .both),
        row("floor", "<member_id>|last", .member, .both),
        row("vmute", "\(selector) [quiet]", .member, .both),
        row("unvmute", "\(selector) [quiet]", .member, .both),
        row("tvmute", "\(selector) [quiet]", .member, .both),
        row("vblind", "\(selector) [quiet]", .member, .both),
        row("unvblind", "\(selector) [quiet]", .member, .both),
        row("tvblind", "\(selector) [quiet]", .member, .both),
        row("vid-floor", "<member_id|last> [force]", .member, .both),
        row("clear-vid-floor", "", .room, .both),
        row("vid-res-id", "<member_id>|all <reservation id>|clear [force]", .member, .both),
        row("vid-bandwidth", "[\(selector)] <kb/s>|auto|clear", .member, .both),
        row("lock", "", .room, .both),
        row("unlock", "", .room, .both),
        row("list", "[delim <string>]|[count]", .room, .api, .list),
        row("count", "", .room, .api),
        row("json_list", "[compact]", .room, .api, .json),
        row("xml_list", "", .room, .api, .xml),
        row("get", "<parameter-name>", .room, .api),
        row("set", "<parameter-name> <value>", .room, .api),
    ]

    private static let selector = "<member_id>|all|last|non_moderator"
    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    private static func row(
        _ name: String,
        _ syntax: String,
        _ arguments: Arguments,
        _ doors: Doors,
        _ format: Format = .text
    ) -> ModeratorVerb {
        ModeratorVerb(name: name, syntax: syntax, arguments: arguments, doors: doors, format: format)
    }
}
