import Calls
import Wire

/// `dialogParams`, which come with every call request (verto.md §4.13). Everything in it is the client's word.
struct DialogParams {
    let object: JSONObject

    init?(_ params: JSONObject) {
        guard let object = params["dialogParams"]?.object else { return nil }
        self.object = object
    }

    /// Any text the client likes, as long as it could be a name. It becomes the call's identity everywhere.
    var leg: LegID? {
        guard let text = object.text("callID"), text.utf8.count <= Self.longestCallID else { return nil }
        return text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F } ? nil : LegID(text)
    }

    /// A text of this name without control characters, at most 128 characters; a client may send a number as one.
    func label(_ name: String) -> String? {
        let text = object[name]?.string ?? object[name]?.int.map(String.init) ?? ""
        let clean = String(
            String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
        return clean.isEmpty ? nil : String(clean.prefix(128))
    }

    func isTrue(_ name: String) -> Bool { object[name] == true || object[name]?.string == "true" }

    func isFalse(_ name: String) -> Bool { object[name] == false || object[name]?.string == "false" }

    /// A bandwidth in kbit/s: a number, or a text that is one. `nil` when the client sets no limit (`default`, 0) or
    /// something that is none.
    func bandwidth(_ name: String) -> Int? {
        let kilobits: Double?
        switch object[name] {
        case .string(let text): kilobits = Int(text).map(Double.init)
        case let value: kilobits = value?.double  // measured ones have a fraction
        }
        guard let kilobits, kilobits >= 1 else { return nil }
        return Int(min(kilobits, Self.highestBandwidth))
    }

    /// Variables the client may set on its call: switches with names of their own, and `userVariables` behind a
    /// prefix (`DialogParams.prefix`), from where they reach the member list and no application.
    ///
    /// - Parameter switches: False leaves out what holds from the beginning of a call.
    func variables(_ userVariables: [(name: String, value: String)], switches: Bool = true) -> [String: String] {
        var variables: [String: String] = [:]
        for (name, value) in userVariables { variables[Self.prefix + name] = value }
        if switches {
            for (member, variable) in Self.switches where isTrue(member) { variables[variable] = "true" }
        }
        if let audio = object["audio"]?.object {
            for name in ["echoCancellation", "noiseSuppression", "autoGainControl"] {
                variables["verto_\(name)"] = audio[name] == true ? "true" : "false"
            }
        }
        guard switches else { return variables }
        for name in ["remote_caller_id_name", "remote_caller_id_number"] {
            if let value = label(name) { variables["verto_\(name)"] = value }
        }
        return variables
    }

    static let prefix = "verto_dvar_"
    /// Bytes.
    static let longestCallID = 256
    /// 10 Gbit/s: beyond it there is no limit anyway.
    private static let highestBandwidth = 1e7

    private static let switches = [
        ("screenShare", "video_screen_share"), ("secondSource", "video_second_source"),
        ("dedEnc", "video_use_dedicated_encoder"), ("mirrorInput", "video_mirror_input"),
    ]
}

extension VertoEndpoint {
    /// The text and boolean members of an object, with names that can be part of a variable's. The rest is left out.
    func userVariables(_ json: JSON?) -> [(name: String, value: String)] {
        var variables: [(name: String, value: String)] = []
        for (name, value) in json?.object?.members ?? [] where variables.count < settings.userVariables {
            guard 1...64 ~= name.utf8.count, name.utf8.allSatisfy(Self.isVariableCharacter) else { continue }
            switch value {
            case .bool(let flag): variables.append((name, flag ? "true" : "false"))
            case .string(let text) where !text.isEmpty && text.utf8.count <= settings.userVariableBytes:
                variables.append((name, text))
            default: continue
            }
        }
        return variables
    }

    private static func isVariableCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
