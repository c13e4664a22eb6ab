import Conference
import Wire

/// Rows of live arrays as JSON: always seven columns, every column of the type clients expect (conference.md §3.1).
enum RowJSON {
    static func bytes(_ row: Row) -> [UInt8] {
        let json: JSON = [
            .string(row.id.paddedText), .string(row.number), .string(row.name), .string(row.codec),
            .string(status(row.status).text), variables(row.variables), .null,
        ]
        return json.bytes
    }

    /// A room in the list of rooms: name, members, talking, locked, since (Unix seconds).
    static func bytes(_ summary: RoomSummary) -> [UInt8] {
        let json: JSON = [
            .string(summary.name), .integer(Int64(summary.members)), .integer(Int64(summary.talking)),
            .bool(summary.isLocked), .integer(Int64(summary.since)),
        ]
        return json.bytes
    }

    /// Column 4 before it is put into a string. The order of members is the original's (conference.md §3.3).
    static func status(_ status: Status) -> JSON {
        var object: JSONObject = [
            "audio": [
                "muted": .bool(status.muted), "deaf": .bool(status.deaf), "onHold": .bool(status.onHold),
                "talking": .bool(status.talking), "floor": .bool(status.floor),
                "energyScore": .integer(Int64(status.energyScore)),
            ],
            "video": status.video.map(video) ?? false,
            "oldStatus": .string(status.oldStatus),
        ]
        // Our own, and only where it says something: rows are otherwise what they have always been.
        if status.handRaised { object["handRaised"] = true }
        return .object(object)
    }

    /// There are neither avatars, reservations nor layers: they have the values they have without.
    private static func video(_ video: VideoStatus) -> JSON {
        var object: JSONObject = ["visible": .bool(video.visible), "noRecover": .bool(video.noRecover)]
        if video.screenShare { object["screenShare"] = true }
        object["avatarPresented"] = false
        object["mediaFlow"] = .string(video.mediaFlow.rawValue)
        object["muted"] = .bool(video.muted)
        object["floor"] = .bool(video.floor)
        if video.floorLocked { object["floorLocked"] = true }
        for name in ["reservationID", "roleID"] { object[name] = .null }
        object["videoLayerID"] = -1
        for name in ["canvasID", "watchingCanvasID"] { object[name] = 0 }
        return .object(object)
    }

    /// Column 5: an object even when it is empty, for a client reads `email` from it without looking.
    private static func variables(_ variables: [String: String]) -> JSON {
        .object(JSONObject(variables.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
    }
}
