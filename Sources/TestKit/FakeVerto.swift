package import Wire

/// A Verto client without a socket, as the stock browser client behaves: the login dance, calls, live arrays.
///
/// Messages go in by ``receive(_:)``; each call returns what follows, in order. A `.send` is one WebSocket text message.
package struct FakeVerto {
    package struct Account: Equatable, Sendable {
        /// `user` or `user@domain`.
        package let login: String
        package let password: String

        package init(login: String, password: String) {
            self.login = login
            self.password = password
        }
    }

    /// What the server tells a member about the room it joined or left (`pvtData`).
    package struct Membership: Equatable, Sendable {
        package let callID: String
        package let channel: String
        package let name: String
        package let role: String
        package let memberID: String
        package let moderatorChannel: String?
        package let chatChannel: String?
    }

    package enum Output: Equatable, Sendable {
        case send(String)
        case loggedIn
        case loginRefused(code: Int, message: String)
        /// `verto.clientReady`, with the calls that came back.
        case ready([String])
        /// CALL CREATED.
        case callCreated(String)
        /// `verto.media`: an answer before the call is answered.
        case earlyMedia(callID: String, sdp: String?)
        case answered(callID: String, sdp: String?)
        /// Somebody calls; ``accept(callID:sdp:)`` or ``hangUp(callID:cause:)`` it.
        case called(callID: String, sdp: String)
        /// The server wants the call set up again (`verto.attach`).
        case reattached(callID: String, sdp: String)
        case joined(Membership)
        case left(Membership)
        case subscribed(String)
        case subscriptionRefused(String)
        case liveArray(channel: String, FakeLiveArray.Change)
        /// Any other event, with its parameters.
        case event(channel: String, JSON)
        /// Who is at the other end (`verto.display`).
        case display(callID: String, name: String, number: String)
        /// A `verto.modify` was carried out.
        case modified(callID: String, action: String, holdState: String)
        /// A text message, in a call or outside.
        case text(callID: String?, from: String, body: String)
        /// What a text command (`fsapi`) answered.
        case told(String)
        case ended(callID: String, cause: String, code: Int)
        /// A request of ours failed.
        case refused(method: String, error: JSON)
        /// Another client took our session.
        case punted
        /// A message that breaks the protocol.
        case malformed(String)
    }

    package let sessionID: String
    package private(set) var isLoggedIn = false
    /// The live arrays that are watched, by channel.
    package private(set) var arrays: [String: FakeLiveArray] = [:]

    private enum Pending: Equatable {
        case challenge
        case login
        case invite(callID: String)
        case modify(callID: String, action: String)
        case subscribe(String)
        case command
        case other(String)
    }

    private let account: Account
    private var nextID = 0
    private var pending: [Int: Pending] = [:]
    private var hasAnsweredChallenge = false
    private var dialogs: [String: JSON] = [:]

    /// - Parameter sessionID: Names the client; a second one of that name takes over.
    package init(account: Account, sessionID: String) {
        self.account = account
        self.sessionID = sessionID
    }

    /// The socket is open, for the first time or again: two logins without credentials, in the stock client's order.
    package mutating func connected() -> [Output] {
        (isLoggedIn, hasAnsweredChallenge, arrays) = (false, false, [:])
        nextID = 2
        pending = [1: .challenge, 2: .challenge]
        return [2, 1].map { .send(Self.request($0, "login", ["sessid": .string(sessionID)])) }
    }

    /// Calls `destination` with an offer.
    ///
    /// - Parameters:
    ///   - variables: `userVariables`, which show up in the rows of dashboards.
    ///   - usesVideo: What the client says about its offer; servers go by the offer itself.
    package mutating func invite(
        callID: String, to destination: String, sdp: String, name: String, number: String,
        variables: JSONObject = [:], usesVideo: Bool = false
    ) -> [Output] {
        let dialog: JSON = [
            "useVideo": .bool(usesVideo), "screenShare": false, "useMic": "any", "useSpeak": "any", "tag": "webcam",
            "localTag": .null, "login": .string(account.login), "videoParams": [:], "useStream": .null,
            "destination_number": .string(destination), "caller_id_name": .string(name),
            "caller_id_number": .string(number), "callID": .string(callID), "userVariables": .object(variables),
            "remote_caller_id_name": "Outbound Call", "remote_caller_id_number": .string(destination),
        ]
        dialogs[callID] = dialog
        return [
            request("verto.invite", ["sdp": .string(sdp), "dialogParams": dialog], .invite(callID: callID))
        ]
    }

    /// Answers a call that was offered, or one that was set up again.
    ///
    /// - Parameter name: Who answers, for the caller to see; the server's word for it when `nil`.
    package mutating func accept(
        callID: String, sdp: String, isAttach: Bool = false, name: String? = nil
    ) -> [Output] {
        let method = isAttach ? "verto.attach" : "verto.answer"
        if let name, var dialog = dialogs[callID]?.object {
            dialog["callee_id_name"] = .string(name)
            dialogs[callID] = .object(dialog)
        }
        return [request(method, ["sdp": .string(sdp), "dialogParams": dialog(callID)])]
    }

    /// Ends a call.
    package mutating func hangUp(callID: String, cause: String = "NORMAL_CLEARING", code: Int = 16) -> [Output] {
        guard dialogs[callID] != nil else { return [] }
        defer { dialogs[callID] = nil }
        return [
            request(
                "verto.bye",
                ["cause": .string(cause), "causeCode": .integer(Int64(code)), "dialogParams": dialog(callID)])
        ]
    }

    /// Presses keys.
    package mutating func press(_ digits: String, callID: String) -> [Output] {
        [request("verto.info", ["dtmf": .string(digits), "dialogParams": dialog(callID)])]
    }

    /// Holds, resumes, transfers: `verto.modify`.
    package mutating func modify(callID: String, action: String, members: JSONObject = [:]) -> [Output] {
        var params: JSONObject = ["action": .string(action)]
        for (key, value) in members.members { params.append(value, for: key) }
        params.append(dialog(callID), for: "dialogParams")
        return [request("verto.modify", params, .modify(callID: callID, action: action))]
    }

    /// Sends a text message to a user, or to the other end of a call.
    package mutating func text(_ body: String, to address: String, inCall callID: String? = nil) -> [Output] {
        let message: JSON = ["to": .string(address), "body": .string(body), "inDialog": .bool(callID != nil)]
        var params: JSONObject = ["msg": message]
        if let callID { params["dialogParams"] = dialog(callID) }
        return [request("verto.info", params)]
    }

    /// A text command, as at the server's console.
    package mutating func command(_ name: String, _ argument: String) -> [Output] {
        [request("fsapi", ["cmd": .string(name), "arg": .string(argument)], .command)]
    }

    package mutating func subscribe(to channel: String, callID: String? = nil) -> [Output] {
        let params: JSONObject = [
            "eventChannel": .string(channel), "subParams": ["callID": callID.map { .string($0) } ?? .null],
        ]
        return [request("verto.subscribe", params, .subscribe(channel))]
    }

    /// Subscribes to a live array and asks for a snapshot, back to back, as `liveArray` does.
    package mutating func watch(channel: String, name: String, callID: String? = nil) -> [Output] {
        arrays[channel] = FakeLiveArray(channel: channel, name: name)
        return subscribe(to: channel, callID: callID) + [bootstrap(channel, name)]
    }

    /// A moderator's command on the room's moderator channel.
    package mutating func moderate(_ command: String, id: JSON = .null, value: JSON = .null, channel: String)
        -> [Output]
    {
        let data: JSON = [
            "application": "conf-control", "command": .string(command), "id": id, "value": value,
        ]
        return [request("verto.broadcast", ["eventChannel": .string(channel), "data": data])]
    }

    package mutating func chat(_ message: String, channel: String) -> [Output] {
        let data: JSON = ["action": "send", "message": .string(message), "type": "message"]
        return [request("verto.broadcast", ["eventChannel": .string(channel), "data": data])]
    }

    // MARK: Receiving

    /// Takes one text message.
    package mutating func receive(_ message: Span<UInt8>) -> [Output] {
        guard let json = try? JSON(parsing: message) else { return [.malformed("no JSON")] }
        switch RPCMessage(json) {
        case .response(let id, let result): return receiveResult(of: id?.int, result)
        case .errorResponse(let id, let error): return receiveError(of: id?.int, error)
        case .request(let id, let method, let params):
            return receiveRequest(id: id, method, params ?? .null)
        case .invalid: return [.malformed(json.text)]
        }
    }

    /// Takes one text message.
    package mutating func receive(_ message: String) -> [Output] { receive(Array(message.utf8).span) }

    private mutating func receiveResult(of id: Int?, _ result: JSON) -> [Output] {
        guard let id, let request = pending.removeValue(forKey: id) else { return [.malformed("unknown id")] }
        switch request {
        case .challenge: return [.malformed("login accepted without credentials")]
        case .login:
            isLoggedIn = true
            return [.loggedIn]
        case .invite(let callID): return [.callCreated(callID)]
        case .modify(let callID, let action):
            return [.modified(callID: callID, action: action, holdState: result["holdState"]?.string ?? "")]
        case .command: return [.told(result["message"]?.string ?? "")]
        case .subscribe(let channel):
            let accepted = result["subscribedChannels"]?.array?.contains(.string(channel)) ?? false
            return [accepted ? .subscribed(channel) : .subscriptionRefused(channel)]
        case .other(let method):
            guard result["code"]?.int != nil else { return [] }
            return [.refused(method: method, error: result)]
        }
    }

    private mutating func receiveError(of id: Int?, _ error: JSON) -> [Output] {
        guard let id, let request = pending.removeValue(forKey: id) else { return [.malformed("unknown id")] }
        switch request {
        case .challenge:
            guard error["code"]?.int == -32000 else { return [.malformed("a challenge is -32000")] }
            guard !hasAnsweredChallenge else { return [] }
            hasAnsweredChallenge = true
            return [logIn()]
        case .login:
            return [.loginRefused(code: error["code"]?.int ?? 0, message: error["message"]?.string ?? "")]
        case .invite(let callID):
            dialogs[callID] = nil
            return [.refused(method: "verto.invite", error: error)]
        case .subscribe(let channel): return [.subscriptionRefused(channel)]
        case .modify: return [.refused(method: "verto.modify", error: error)]
        case .command: return [.refused(method: "fsapi", error: error)]
        // The echo of a bye the server has forgotten already.
        case .other("verto.bye"): return []
        case .other(let method): return [.refused(method: method, error: error)]
        }
    }

    private mutating func logIn() -> Output {
        request(
            "login",
            [
                "login": .string(account.login), "passwd": .string(account.password), "loginParams": [:],
                "userVariables": [:],
            ], .login)
    }

    private mutating func receiveRequest(id: JSON?, _ method: String, _ params: JSON) -> [Output] {
        let callID = params["callID"]?.string
        let outputs = carryOut(method, params, callID)
        guard let id, callID != nil || method == "verto.ping" else { return outputs }
        let reply: JSON = ["jsonrpc": "2.0", "id": id, "result": ["method": .string(method)]]
        return outputs + [.send(reply.text)]
    }

    private mutating func carryOut(_ method: String, _ params: JSON, _ callID: String?) -> [Output] {
        let sdp = params["sdp"]?.string
        switch (method, callID) {
        case ("verto.clientReady", _):
            return [.ready(params["reattached_sessions"]?.array?.compactMap(\.string) ?? [])]
        case ("verto.media", let callID?): return [.earlyMedia(callID: callID, sdp: sdp)]
        case ("verto.answer", let callID?): return [.answered(callID: callID, sdp: sdp)]
        case ("verto.invite", let callID?), ("verto.attach", let callID?):
            dialogs[callID] = params
            guard let sdp else { return [.malformed("no sdp")] }
            return [
                method == "verto.invite" ? .called(callID: callID, sdp: sdp) : .reattached(callID: callID, sdp: sdp)
            ]
        case ("verto.bye", let callID?):
            let cause = params["cause"]?.string ?? ""
            let code = params["causeCode"]?.int ?? 0
            // The client echoes every bye but one for a call it does not know.
            return hangUp(callID: callID, cause: cause, code: code) + [.ended(callID: callID, cause: cause, code: code)]
        case ("verto.display", let callID?):
            let (name, number) = (params["display_name"]?.string ?? "", params["display_number"]?.string ?? "")
            return [.display(callID: callID, name: name, number: number)]
        case ("verto.info", _):
            guard let message = params["msg"] else { return [] }
            let (from, body) = (message["from"]?.string ?? "", message["body"]?.string ?? "")
            return [.text(callID: callID, from: from, body: body)]
        case ("verto.event", _): return receiveEvent(params)
        case ("verto.punt", _):
            dialogs = [:]
            return [.punted]
        default: return []
        }
    }

    private mutating func receiveEvent(_ params: JSON) -> [Output] {
        guard let channel = params["eventChannel"]?.string else { return [.malformed("no eventChannel")] }
        if let data = params["pvtData"], let membership = Membership(data) {
            switch data["action"]?.string {
            case "conference-liveArray-join": return [.joined(membership)]
            case "conference-liveArray-part": return [.left(membership)]
            default: return [.event(channel: channel, params)]
            }
        }
        guard var array = arrays.removeValue(forKey: channel), let data = params["data"] else {
            return [.event(channel: channel, params)]
        }
        let change = array.apply(data)
        let asksAgain = if case .gap = change { array.stillAsksAgain } else { false }
        let name = array.name
        arrays[channel] = consume array
        let output = Output.liveArray(channel: channel, change)
        return asksAgain ? [output, bootstrap(channel, name)] : [output]
    }

    // MARK: Writing

    private func dialog(_ callID: String) -> JSON { dialogs[callID] ?? ["callID": .string(callID)] }

    private mutating func bootstrap(_ channel: String, _ name: String) -> Output {
        let data: JSON = [
            "liveArray": ["command": "bootstrap", "context": .string(channel), "name": .string(name)]
        ]
        return request("verto.broadcast", ["eventChannel": .string(channel), "data": data])
    }

    private mutating func request(_ method: String, _ params: JSONObject, _ kind: Pending? = nil) -> Output {
        nextID += 1
        pending[nextID] = kind ?? .other(method)
        var params = params
        params["sessid"] = .string(sessionID)
        return .send(Self.request(nextID, method, params))
    }

    private static func request(_ id: Int, _ method: String, _ params: JSONObject) -> String {
        let message: JSON = [
            "jsonrpc": "2.0", "method": .string(method), "params": .object(params), "id": .integer(Int64(id)),
        ]
        return message.text
    }
}

extension FakeVerto.Membership {
    fileprivate init?(_ data: JSON) {
        guard let callID = data["callID"]?.string, let channel = data["laChannel"]?.string,
            let name = data["laName"]?.string
        else { return nil }
        self.init(
            callID: callID, channel: channel, name: name, role: data["role"]?.string ?? "",
            memberID: data["conferenceMemberID"]?.string ?? "", moderatorChannel: data["modChannel"]?.string,
            chatChannel: data["chatChannel"]?.string)
    }
}
