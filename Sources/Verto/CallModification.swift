import Calls
import Wire

/// What one `verto.modify` asks of which call, as every answer to it repeats.
struct CallModification {
    let leg: LegID
    /// In the client's own letter case.
    let action: String

    /// Success. Nothing is ever on hold here.
    func result(_ extra: JSONObject = [:]) -> Answer {
        var members = named(extra)
        members["holdState"] = "active"
        return .result(members)
    }

    func failure(_ message: String, _ extra: JSONObject = [:]) -> Answer {
        var members = named(["message": .string(message), "code": -32002])
        for (key, value) in extra.members { members.append(value, for: key) }
        return .failure(members)
    }

    private func named(_ extra: JSONObject) -> JSONObject {
        var members: JSONObject = ["callID": .string(leg.rawValue), "action": .string(action)]
        for (key, value) in extra.members { members.append(value, for: key) }
        return members
    }
}

/// `verto.modify` (verto.md §4.9).
extension VertoEndpoint {
    /// Hold and transfer are refused by name; actions nobody knows succeed, as clients are used to.
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
            let modification = CallModification(leg: leg, action: action)
            switch action.lowercased() {
            case "updatemedia":
                return endpoint.updateMedia(modification, params.text("sdp"), on: c, at: now, into: &out)
            case "videorefresh": return endpoint.refreshVideo(modification, at: now, into: &out)
            case "view": return endpoint.view(modification, params["params"]?["pictures"], at: now, into: &out)
            case "hold", "unhold", "togglehold", "transfer", "replace":
                return modification.failure("Not supported", ["holdState": "active"])
            default: return modification.result()
            }
        }
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
