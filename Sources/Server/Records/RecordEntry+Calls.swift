import Calls
import Conference
import Glibc
import Wire

extension RecordEntry {
    /// - Parameter zero: Unix time at the zero of the switchboard's clock, in nanoseconds.
    init(_ record: CallRecord, clockZero zero: Int64) {
        func time(_ moment: Duration) -> JSON { .number(Self.seconds(zero &+ moment.wholeNanoseconds)) }
        func length(from start: Duration) -> JSON { .number(Self.seconds((record.endedAt - start).wholeNanoseconds)) }
        self.init(
            .calls,
            values: [
                "uuid": .string(record.uuid),
                "direction": .string(record.direction.rawValue),
                "user": Self.text(record.user),
                "caller_id_name": .string(record.callerIDName),
                "caller_id_number": .string(record.callerIDNumber),
                "callee_id_name": .string(record.calleeIDName),
                "callee_id_number": .string(record.calleeIDNumber),
                "destination": .string(record.destination),
                "context": .string(record.context),
                "network_address": .string(record.networkAddress),
                "start": time(record.startedAt),
                "answer": record.answeredAt.map(time) ?? .null,
                "end": time(record.endedAt),
                "duration": length(from: record.startedAt),
                "billed": record.answeredAt.map(length) ?? .number(0),
                "cause": .string(record.cause.name),
                "cause_code": .integer(Int64(record.cause.code)),
                "bridged_uuid": Self.text(record.bridgedTo),
                "last_application": Self.text(record.lastApplication),
                "conference": Self.text(record.conference),
            ])
    }

    init(_ record: ConferenceRecord) {
        self.init(
            .conferences,
            values: [
                "uuid": .string(record.uuid),
                "name": .string(record.key.name),
                "domain": .string(record.key.domain),
                "profile": .string(record.profile),
                "hostname": .string(Self.hostname),
                "rate": Self.number(record.rate),
                "interval": Self.number(record.interval),
                "start": .number(Double(record.started)),
                "end": .number(Double(record.ended)),
                "duration": .number(Double(record.ended - record.started)),
                "forced_end": .bool(record.isForced),
                "most_members": Self.number(record.mostMembers),
                "members": .array(record.members.map(Self.member)),
                "rejected": .array(record.rejected.map(Self.attempt)),
                "recordings": .array(record.recordings.map(Self.recording)),
            ])
    }

    private static func member(_ member: ConferenceRecord.Attendance) -> JSON {
        .object([
            "id": number(member.id.rawValue),
            "join_time": number(member.joined),
            "leave_time": number(member.left),
            "is_moderator": .bool(member.isModerator),
            "end_conference": .bool(member.endsConference),
            "mandatory_member_end_conference": .bool(member.isMandatory),
            "was_kicked": .bool(member.wasKicked),
            "is_ghost": .bool(member.isGhost),
            "is_screen_share": .bool(member.isScreenShare),
            "caller_profile": profile(member.caller),
        ])
    }

    private static func attempt(_ attempt: ConferenceRecord.Attempt) -> JSON {
        .object([
            "reason": .string(attempt.reason.rawValue), "reject_time": number(attempt.time),
            "caller_profile": profile(attempt.caller),
        ])
    }

    private static func recording(_ recording: ConferenceRecord.RecordedFile) -> JSON {
        .object([
            "record_path": .string(recording.name.text), "start_time": number(recording.started),
            "stop_time": number(recording.stopped), "failure": text(recording.failure),
        ])
    }

    private static func profile(_ caller: CallerProfile) -> JSON {
        .object([
            "username": text(caller.user), "caller_id_name": .string(caller.callerName),
            "caller_id_number": .string(caller.callerNumber), "network_addr": .string(caller.networkAddress),
            "destination_number": .string(caller.destinationNumber), "context": .string(caller.context),
            "uuid": .string(caller.uuid), "chan_name": .string(caller.channelName),
        ])
    }

    private static func text(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
    private static func number(_ number: Int) -> JSON { .integer(Int64(number)) }

    /// To the millisecond.
    private static func seconds(_ nanoseconds: Int64) -> Double { Double(nanoseconds / 1_000_000) / 1_000 }

    static let hostname: String = {
        var name = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&name, name.count - 1) == 0 else { return "" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }()
}
