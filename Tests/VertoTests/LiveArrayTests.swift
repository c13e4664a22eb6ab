import Calls
import Conference
import Testing
import Verto
import Wire

/// Live arrays as they go over the wire (conference.md §2, §3).
struct LiveArrayTests {
    static let channel = "conference-liveArray.3500@example.com"
    static let key = RoomKey(name: "3500", domain: "example.com")

    private func watch(_ rig: Rig, _ c: ConnectionID, _ channel: String = channel) {
        _ = rig.ask(c, "verto.subscribe", ["eventChannel": .string(channel)])
    }

    private func bootstrap(_ rig: Rig, _ c: ConnectionID, _ extra: JSONObject = [:], on channel: String = channel)
        -> JSON
    {
        var command: JSONObject = ["command": "bootstrap"]
        for (key, value) in extra.members { command[key] = value }
        return rig.ask(
            c, "verto.broadcast",
            [
                "eventChannel": .string(channel), "data": ["liveArray": .object(command)],
            ])
    }

    @Test func everyMessageHasTheShapeClientsExpect() {
        let rig = Rig()
        let (board, c) = (rig.login("board", session: "B"), rig.login("1001"))
        watch(rig, board)
        rig.invite(
            c, "u1",
            [
                "caller_id_name": "Al\"ice", "caller_id_number": "1001", "userVariables": ["email": "a@x"],
            ])
        rig.join("u1")
        rig.talk("u1", true, score: 912)
        rig.leave("u1")
        let texts = rig.takeBytes(board).map { String(decoding: $0, as: UTF8.self) }
        let status = { (talking: Bool, score: Int, old: String) in
            #"{\"audio\":{\"muted\":false,\"deaf\":false,\"onHold\":false,\"talking\":\#(talking),\"floor\":false"#
                + #",\"energyScore\":\#(score)},\"video\":false,\"oldStatus\":\"\#(old)\"}"#
        }
        let row = { (text: String) in #"["0001","1001","Al\"ice","opus@48000","\#(text)",{},null]"# }
        let tail = #","eventChannel":"\#(Self.channel)","subscribedChannel":"\#(Self.channel)"}}"#
        let head = #"{"jsonrpc":"2.0","id":"#
        let bodies = texts.filter { $0.contains("liveArray") }.map { text in
            text.hasPrefix(head) ? String(text.dropFirst(head.count + "1000000000,".count)) : text
        }
        let (quiet, talking) = (status(false, 0, "ACTIVE"), status(true, 912, "TALKING"))
        #expect(
            bodies.first == #""method":"verto.event","params":{"data":{"action":"add","arrIndex":0,"name":"3500","#
                + #""hashKey":"u1","wireSerno":1,"data":\#(row(quiet))}"# + tail)
        #expect(
            bodies.contains(
                #""method":"verto.event","params":{"data":{"action":"modify","name":"3500","#
                    + #""hashKey":"u1","wireSerno":2,"data":\#(row(talking))}"# + tail))
        #expect(
            bodies.contains(
                #""method":"verto.event","params":{"data":{"action":"del","name":"3500","#
                    + #""hashKey":"u1","wireSerno":3,"data":\#(row(talking))}"# + tail))
        #expect(
            bodies.last == #""method":"verto.event","params":{"data":{"action":"clear","name":"3500","#
                + #""wireSerno":-1,"data":{}}"# + tail)
        #expect(bodies.count == 4)
    }

    @Test func aBootObjIsForItsRequesterAndOutsideTheSequence() {
        let rig = Rig()
        let (board, c) = (rig.login("board", session: "B"), rig.login("1001"))
        watch(rig, board)
        rig.enter(c, "u1")
        rig.enter(c, "u2")
        #expect(
            bootstrap(rig, board, ["context": .string(Self.channel), "name": "3500"])["result"]?.text
                == #"{"sessid":"B"}"#)
        let params = rig.take(board).last?["params"]
        #expect(params?["sessid"]?.string == "B")
        #expect(params?["subscribedChannel"] == nil)
        #expect(params?["data"]?["wireSerno"]?.int == -1)
        #expect(params?["data"]?["data"]?.array?.compactMap { $0.array?.first?.string } == ["u1", "u2"])
        #expect(rig.take(c).allSatisfy { $0["params"]?["data"] == nil })
    }

    @Test func anArrayThatIsNotThereHasNoRows() {
        let rig = Rig()
        let board = rig.login("board")
        _ = bootstrap(rig, board, on: "conference-liveArray.9@example.com")
        let data = rig.take(board).last?["params"]?["data"]
        #expect(data?.text == #"{"action":"bootObj","name":"9","wireSerno":-1,"data":[]}"#)
    }

    @Test(
        arguments: [
            ["context": "conference-liveArray.4000@example.com"], ["name": "4000"],
            ["context": "conference-liveArray.4000@example.com", "name": "4000"],
        ] as [JSONObject])
    func aBootstrapNamesTheArrayItsPermissionIsFor(extra: JSONObject) {
        let rig = Rig()
        let (c, other) = (rig.login("1001"), rig.login("1002"))
        rig.enter(c, "u1")
        rig.enter(other, "u2", "4000")
        _ = rig.take(c)
        #expect(bootstrap(rig, c, extra)["result"]?["message"]?.string == "Permission Denied.")
        #expect(bootstrap(rig, c, on: "conference-liveArray.4000@example.com")["result"]?["code"]?.int == -32002)
        #expect(rig.take(c).isEmpty)
        for command in ["heartbeat", "changepage", "x"] {
            _ = rig.ask(
                c, "verto.broadcast",
                [
                    "eventChannel": .string(Self.channel), "data": ["liveArray": ["command": .string(command)]],
                ])
        }
        #expect(rig.take(c).isEmpty)
    }

    @Test func fiveHundredDashboardsGetTheSameBytes() {
        let rig = Rig { $0.connectionsPerAddress = 1000 }
        let boards = (0..<500).map { _ in rig.login("board") }
        let parents = (0..<2).map { _ in rig.login("board") }
        for board in boards { watch(rig, board) }
        for parent in parents { watch(rig, parent, "conference-liveArray") }
        let c = rig.login("1001")
        rig.enter(c, "u1")
        rig.talk("u1", true)
        let first = rig.takeBytes(boards[0])
        #expect(first.count == 2)
        for board in boards.dropFirst() { #expect(rig.takeBytes(board) == first) }
        let inherited = parents.map { rig.takeBytes($0) }
        #expect(inherited[0] == inherited[1])
        #expect(inherited[0].count == 2 && inherited[0] != first)
    }

    @Test func aSlowReceiverStartsAnewWhenItHasCaughtUp() {
        let rig = Rig()
        let (board, c) = (rig.login("board"), rig.login("1001"))
        watch(rig, board)
        var client = LiveArrayClient(Self.channel, "3500")
        rig.enter(c, "u1")
        client.receive(rig.take(board))
        rig.congest(board)
        rig.talk("u1", true)
        rig.enter(c, "u2")
        #expect(bootstrap(rig, board)["result"] != nil)  // answered, but the rows wait
        #expect(rig.take(board).isEmpty)
        #expect(rig.counts[.liveArrayShed] == 1)
        rig.drain(board)
        let messages = rig.take(board)
        #expect(messages.compactMap { $0["params"]?["data"]?["action"]?.string } == ["clear", "bootObj"])
        #expect(messages.allSatisfy { $0["params"]?["data"]?["wireSerno"]?.int == -1 })
        client.receive(messages)
        rig.talk("u2", true)
        client.receive(rig.take(board))
        #expect(client.gaps.isEmpty)
        #expect(client.order == ["u1", "u2"])
        rig.drain(board)
        #expect(rig.take(board).isEmpty)
    }

    @Test func aRoomThatEndsWhileAReceiverIsSlowIsClearedForItToo() {
        let rig = Rig()
        let (board, c) = (rig.login("board"), rig.login("1001"))
        watch(rig, board)
        rig.enter(c, "u1")
        rig.congest(board)
        rig.talk("u1", true)
        rig.leave("u1")
        #expect(rig.takeEvents(board, on: Self.channel).compactMap { $0["action"]?.string } == ["add", "clear"])
        rig.drain(board)
        #expect(rig.take(board).isEmpty)
        rig.enter(c, "u2")
        #expect(rig.takeEvents(board, on: Self.channel).first?["wireSerno"]?.int == 1)
    }

    @Test func changesWaitWithTheAnswerUnderWayOrTheArrayStartsAnew() {
        let rig = Rig { $0.heldMessages = 3 }
        let (board, c) = (rig.login("any"), rig.login("1001"))
        let op = Rig.user(
            "w", ["jsonrpc-allowed-fsapi": "conference", "jsonrpc-allowed-event-channels": "conference-liveArray"])
        rig.endpoint.directory = Directory(defaultDomain: Rig.domain, users: Rig.users + [op])
        let waiting = rig.login("w")
        for watcher in [board, waiting] { watch(rig, watcher) }
        var client = LiveArrayClient(Self.channel, "3500")
        rig.enter(c, "u1")
        rig.answersCommands = false
        rig.request(waiting, "fsapi", ["cmd": "conference", "arg": "3500 count"])
        for n in 0..<5 { rig.talk("u1", n.isMultiple(of: 2)) }
        rig.completeCommands()
        let messages = rig.take(waiting)
        #expect(rig.closed[waiting] == nil)
        client.receive(messages)
        #expect(client.gaps.isEmpty)
        #expect(messages.compactMap { $0["params"]?["data"]?["action"]?.string }.suffix(2) == ["clear", "bootObj"])
        rig.talk("u1", false)
        client.receive(rig.take(waiting))
        #expect(client.gaps.isEmpty)
    }

    @Test func missedChangesAreAskedForAndReplaced() {
        let rig = Rig()
        let (board, c) = (rig.login("board"), rig.login("1001"))
        watch(rig, board)
        rig.enter(c, "u1")
        _ = rig.take(board)
        let row = rig.rooms[Self.key]?.snapshot.first?.row
        let add = { (serial: Int, key: String) in
            row.map { Delta(serial: serial, change: .add(key: key, row: $0, at: 0)) }
        }
        if let delta = add(5, "u5") { rig.news(.delta(Self.key, delta)) }
        if let delta = add(6, "u6") { rig.news(.delta(Self.key, delta)) }
        #expect(rig.take(board).isEmpty)
        #expect(rig.resyncs == [Self.key])
        if let row { rig.news(.snapshot(Self.key, rows: [("u5", row), ("u6", row)], serial: 6)) }
        if let delta = add(6, "u6") { rig.news(.delta(Self.key, delta)) }  // in the snapshot already
        if let delta = add(7, "u7") { rig.news(.delta(Self.key, delta)) }
        let data = rig.takeEvents(board, on: Self.channel)
        #expect(data.compactMap { $0["action"]?.string } == ["clear", "bootObj", "add"])
        let rows = data.first { $0["action"]?.string == "bootObj" }?["data"]?.array
        #expect(rows?.compactMap { $0.array?.first?.string } == ["u5", "u6"])
        #expect(data.last?["wireSerno"]?.int == 7)
    }

    @Test func aSnapshotWhileAnAnswerWaitsLeavesNoGapBehind() {
        let watching = [
            "jsonrpc-allowed-fsapi": "conference", "jsonrpc-allowed-event-channels": "conference-liveArray",
        ]
        let rig = Rig(users: Rig.users + [Rig.user("w", watching)])
        let (w, c) = (rig.login("w"), rig.login("1001"))
        watch(rig, w)
        rig.enter(c, "u1")
        var client = LiveArrayClient(Self.channel, "3500")
        client.receive(rig.take(w))
        rig.answersCommands = false
        rig.request(w, "fsapi", ["cmd": "conference", "arg": "3500 count"])
        if let row = rig.rooms[Self.key]?.snapshot.first?.row {
            rig.news(.snapshot(Self.key, rows: [("u1", row), ("u2", row)], serial: 8))
            rig.news(.delta(Self.key, Delta(serial: 9, change: .add(key: "u3", row: row, at: 2))))
        }
        rig.completeCommands()
        client.receive(rig.take(w))
        #expect(client.gaps.isEmpty)
        #expect(client.order == ["u1", "u2", "u3"])
    }

    @Test func aReopenedRoomStartsItsNumbersAgain() {
        let rig = Rig()
        let (board, c) = (rig.login("board"), rig.login("1001"))
        watch(rig, board)
        var client = LiveArrayClient(Self.channel, "3500")
        for round in 0..<3 {
            rig.enter(c, "u\(round)")
            rig.talk("u\(round)", true)
            rig.leave("u\(round)")
            client.receive(rig.take(board))
            #expect(client.rows.isEmpty)
        }
        // Even when nobody said that the first had ended.
        rig.enter(c, "x")
        rig.news(.opened(Self.key))
        rig.rooms[Self.key] = nil
        rig.enter(c, "y")
        client.receive(rig.take(board))
        #expect(client.gaps.isEmpty)
        #expect(client.order == ["y"])
    }

    @Test func roomsAreAListOfTheirOwn() {
        let rig = Rig()
        let (board, c, guest) = (rig.login("board", session: "B"), rig.login("1001"), rig.login("1002"))
        let channel = "conference-rooms.example.com"
        #expect(!rig.ask(guest, "verto.subscribe", ["eventChannel": .string(channel)]).isResult)
        watch(rig, board, channel)
        var client = LiveArrayClient(channel, "rooms")
        rig.enter(c, "u1")
        rig.enter(c, "u2", "4000")
        rig.talk("u1", true)
        client.receive(rig.take(board))
        #expect(client.order == ["3500@example.com", "4000@example.com"])
        #expect(client.rows["3500@example.com"]?.text == #"["3500",1,1,false,1700000000]"#)
        #expect(client.rows["4000@example.com"]?.text == #"["4000",1,0,false,1700000000]"#)
        _ = bootstrap(rig, board, ["context": .string(channel), "name": "rooms"], on: channel)
        #expect(rig.takeEvents(board, on: channel).first?["data"]?.array?.count == 2)
        rig.leave("u1")
        client.receive(rig.take(board))
        #expect(client.order == ["4000@example.com"])
        #expect(client.gaps.isEmpty)
        // The same line again is no change.
        rig.news(.summary(RoomSummary.of(rig, "4000")))
        #expect(rig.take(board).isEmpty)
    }
}

extension RoomSummary {
    /// A room's line as it is now.
    fileprivate static func of(_ rig: Rig, _ name: String) -> RoomSummary {
        let key = RoomKey(name: name, domain: Rig.domain)
        let profile = RoomProfile(name: "default")
        return (rig.rooms[key] ?? Room(key: key, profile: profile, startedAt: 0)).summary
    }
}
