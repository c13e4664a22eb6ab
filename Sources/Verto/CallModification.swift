import Calls
import Wire

/// What one `verto.modify` asks of which call, as every answer to it repeats.
struct CallModification {
    let leg: LegID
    /// In the client's own letter case.
    let action: String
    /// Whether the call is on hold, as far as this answer is to say.
    var isHeld: Bool

    func result(_ extra: JSONObject = [:]) -> Answer {
        var members = named(extra)
        members["holdState"] = holdState
        return .result(members)
    }

    /// Of the failures only those of `replace` tell the hold state.
    func failure(_ message: String) -> Answer {
        var members = named(["message": .string(message), "code": -32002])
        if action.lowercased() == "replace" { members["holdState"] = holdState }
        return .failure(members)
    }

    private var holdState: JSON { isHeld ? "held" : "active" }

    private func named(_ extra: JSONObject) -> JSONObject {
        var members: JSONObject = ["callID": .string(leg.rawValue), "action": .string(action)]
        for (key, value) in extra.members { members.append(value, for: key) }
        return members
    }
}

/// `verto.modify` (verto.md §4.9).
extension VertoEndpoint {
    /// Actions nobody knows succeed, as clients are used to.
    mutating func modify(
        _ request: Request,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        guard let params = request.params, let dialog = DialogParams(params), dialog.leg != nil else {
            return withOwnCall(request, on: c, into: &out) { _, _, _, _ in .result([:]) }
        }
        guard let action = params.text("action") else { return .sessionError("action missing") }
        return withOwnCall(request, on: c, echoing: action, into: &out) { endpoint, leg, params, out in
            let isHeld = endpoint.calls[leg]?.isHeld ?? false
            let modification = CallModification(leg: leg, action: action, isHeld: isHeld)
            switch action.lowercased() {
            case "updatemedia":
                return endpoint.updateMedia(modification, params.text("sdp"), on: c, at: now, into: &out)
            case "videorefresh": return endpoint.refreshVideo(modification, at: now, into: &out)
            case "view": return endpoint.view(modification, params["params"]?["pictures"], at: now, into: &out)
            case "hold": return endpoint.hold(modification, .on, on: c, at: now, into: &out)
            case "unhold": return endpoint.hold(modification, .off, on: c, at: now, into: &out)
            case "togglehold": return endpoint.hold(modification, .toggle, on: c, at: now, into: &out)
            case "transfer":
                guard let destination = params.text("destination") else {
                    return modification.failure("destination missing")
                }
                return endpoint.transfer(modification, to: destination, on: c, at: now, into: &out)
            case "replace":
                guard let other = params.text("replaceCallID") else {
                    return modification.failure("replaceCallID missing")
                }
                return endpoint.replace(modification, with: LegID(other), on: c, at: now, into: &out)
            default: return modification.result()
            }
        }
    }

    /// Only an answered call is ever held. Nothing is offered, and the far client is told nothing.
    private mutating func hold(
        _ modification: CallModification,
        _ change: HoldChange,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        guard calls[modification.leg]?.isAnswered == true else { return modification.result() }
        return ask(modification, .hold(change), on: c, at: now, into: &out)
    }

    private mutating func transfer(
        _ modification: CallModification,
        to destination: String,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        let isName = destination.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        guard isName, destination.unicodeScalars.count <= CallLimits.destinationLength else {
            return modification.failure("destination missing")
        }
        return ask(modification, .transfer(destination), on: c, at: now, into: &out)
    }

    /// Both calls have to be this session's: another's is as good as none.
    private mutating func replace(
        _ modification: CallModification,
        with other: LegID,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        guard owns(other, c), other != modification.leg else {
            if calls[other] != nil, !owns(other, c) { out.append(.count(.foreignCall)) }
            return modification.failure("invalid transfer leg")
        }
        return ask(modification, .replace(other), on: c, at: now, into: &out)
    }

    private mutating func ask(
        _ modification: CallModification,
        _ change: CallChange,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        guard let token = pend(.modify(modification), modification.leg, on: c, at: now, into: &out) else {
            return modification.failure("Too many requests")
        }
        out.append(.modify(token, modification.leg, change))
        return .waiting(token)
    }

    /// `videoRefresh`: key frames of what this call is shown. Every one costs all who watch the same camera.
    private mutating func refreshVideo(
        _ modification: CallModification,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        guard mayAskForPictures(modification.leg, at: now, into: &out) else {
            return modification.failure("Too many requests")
        }
        out.append(.refreshVideo(modification.leg))
        return modification.result()
    }

    /// `view`, an action of our own: `params.pictures` names for m-lines, by their mid, the call of the member to be
    /// shown there, or `null` for nobody. M-lines that are not named stay as they are.
    private mutating func view(
        _ modification: CallModification,
        _ pictures: JSON?,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        guard let pictures = pictures?.object else { return modification.failure("pictures missing") }
        guard let wishes = Self.wishes(pictures) else { return modification.failure("Invalid pictures") }
        guard mayAskForPictures(modification.leg, at: now, into: &out) else {
            return modification.failure("Too many requests")
        }
        out.append(.view(modification.leg, wishes))
        return modification.result()
    }

    /// Every mid once with a call's id or nobody; `nil` when anything else is in it.
    private static func wishes(_ pictures: JSONObject) -> [(mid: String, member: String?)]? {
        guard pictures.count <= mostPictures, Set(pictures.keys).count == pictures.count else { return nil }
        var wishes: [(mid: String, member: String?)] = []
        for (mid, value) in pictures.members {
            guard 1...longestMID ~= mid.utf8.count else { return nil }
            switch value {
            case .null: wishes.append((mid, nil))
            case .string(let id) where 1...DialogParams.longestCallID ~= id.utf8.count: wishes.append((mid, id))
            default: return nil
            }
        }
        return wishes
    }

    private mutating func mayAskForPictures(_ leg: LegID, at now: Instant, into out: inout [VertoOutput]) -> Bool {
        if calls[leg]?.pictureRequests.take(at: now) == true { return true }
        out.append(.count(.tooManyRequests))
        return false
    }

    /// Video m-lines that one offer may have.
    private static let mostPictures = 16
    private static let longestMID = 128
}
