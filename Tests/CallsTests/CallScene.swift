import Calls

extension Switchboard {
    /// As `receive`, without presence and records: what callers notice.
    mutating func hear(_ event: CallEvent, at now: Duration) -> [CallStep] { receive(event, at: now).bare }
    mutating func run(to now: Duration) -> [CallStep] { advance(to: now).bare }
}

extension [CallStep] {
    var bare: [CallStep] {
        filter { step in
            switch step {
            case .presence, .record: false
            default: true
            }
        }
    }

    /// The outbound legs that are placed.
    var placed: [Outgoing] {
        compactMap { if case .call(let outgoing) = $0 { outgoing } else { nil } }
    }

    var records: [CallRecord] {
        compactMap { if case .record(let record) = $0 { record } else { nil } }
    }

    var presences: [Presence] {
        compactMap { if case .presence(let presence) = $0 { presence } else { nil } }
    }

    /// Who ended, and why, whoever began it.
    var ends: [LegID: HangupCause] {
        var ends: [LegID: HangupCause] = [:]
        for step in self {
            switch step {
            case .hangUp(let id, let cause), .release(let id, let cause): ends[id] = cause
            default: break
            }
        }
        return ends
    }
}

/// A switchboard with three users: 1000 with one client, 1001 with two, 1002 with none; and a caller.
struct CallScene {
    var board: Switchboard
    var now: Duration = .zero
    let caller = LegID("caller")

    static let users = [
        User(
            id: "1000", domain: "example.com", parameters: ["verto-context": "default"],
            variables: ["effective_caller_id_name": "Zoe", "effective_caller_id_number": "5000"]),
        User(id: "1001", domain: "example.com", parameters: ["caller-id-name": "Bob", "caller-id-number": "1001"]),
        User(id: "1002", domain: "example.com"),
    ]

    init(_ extensions: DialplanExtension..., globals: [String: String] = [:], users: [User] = users) {
        board = Switchboard(
            dialplan: Dialplan(
                contexts: [DialplanContext(name: "default", extensions: extensions)], globals: globals),
            directory: Directory(defaultDomain: "example.com", users: users),
            seed: 7)
        for (session, user) in [("s-1000", "1000"), ("s-1001a", "1001"), ("s-1001b", "1001")] {
            _ = hear(.registered(session: session, user: "\(user)@example.com"))
        }
    }

    /// One extension for everything: `actions`, one after the other.
    init(actions texts: [String], globals: [String: String] = [:]) {
        let all = DialplanCondition(test: .always, actions: actions(texts))
        self.init(DialplanExtension(name: "all", conditions: [all], origin: here), globals: globals)
    }

    mutating func hear(_ event: CallEvent, after time: Duration = .zero) -> [CallStep] {
        now += time
        return board.receive(event, at: now)
    }

    mutating func pass(_ time: Duration) -> [CallStep] {
        now += time
        return board.advance(to: now)
    }

    mutating func dial(
        _ destination: String = "1", as id: LegID = LegID("caller"), user: String = "ann@example.com",
        variables: [String: String] = [:]
    ) -> [CallStep] {
        hear(
            .invited(
                Leg(
                    id: id, kind: .verto(session: "s-\(user)"), callerIDName: "Ann", callerIDNumber: "1008",
                    destination: destination, user: user, domain: "example.com", variables: variables)))
    }

    /// A phone, or a trunk when it is no user, calls.
    mutating func dialBySIP(
        _ destination: String = "1", as id: LegID = LegID("caller"), user: String? = nil, context: String = "default",
        maxForwards: Int = 70, variables: [String: String] = [:]
    ) -> [CallStep] {
        hear(
            .invited(
                Leg(
                    id: id, kind: .sip(.caller(profile: "external", id: user ?? "192.0.2.1")), callerIDName: "Ann",
                    callerIDNumber: "1008", destination: destination, context: context, user: user,
                    domain: "example.com", networkAddress: "192.0.2.1", maxForwards: maxForwards,
                    variables: variables)))
    }

    mutating func register(_ handle: String, as user: String, over profile: String = "internal") {
        _ = hear(.sipRegistered(handle: handle, user: "\(user)@example.com", profile: profile))
    }

    /// Dials, and the first of those who ring answers. Returns that leg.
    mutating func talk(_ destination: String = "1", as id: LegID = LegID("caller")) -> LegID {
        let far = dial(destination, as: id).placed[0].leg.id
        _ = hear(.answered(far, name: nil, number: nil))
        for leg in [id, far] { _ = hear(.answeredMedia(leg)) }
        return far
    }
}
