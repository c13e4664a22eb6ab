"""Trunks that do what SIPp does not: answer twice, cross our CANCEL, refuse in every way."""

import asyncio

from rig.message import sdp
from rig.network import TRUNK
from rig.suite import Cases

from .transfers import ends_by_bye

CASES = Cases()
case = CASES.case


@case("tr_fork_two_200", "of two answers to one call one is kept, and the other hung up")
async def forked(scene):
    trunk, agent = await scene.agent(), await scene.agent()
    call = agent.call(f"to-{trunk.port}-bob")
    call.invite()
    end = await trunk.incoming("INVITE")
    invite = end.invitation
    for tag in ("one", "two"):
        end.reply(180, to=invite, tag=tag)
    for tag in ("one", "two"):
        end.reply(200, sdp(TRUNK, 40100), to=invite, tag=tag)
    got = [await end.expect("ACK", "BYE") for _ in range(3)]
    by_tag = {tag: [each.method for each in got if each.tag("To") == tag] for tag in ("one", "two")}
    assert by_tag == {"one": ["ACK"], "two": ["ACK", "BYE"]}, f"{by_tag}"
    end.reply(200, to=next(each for each in got if each.method == "BYE"))
    await call.expect(200)
    call.ack()
    await call.hang_up()
    assert (await end.expect("BYE")).tag("To") == "one"
    end.reply(200)


@case("tr_dup_200", "each copy of an answer is acknowledged")
async def copies(scene):
    trunk, agent = await scene.agent(), await scene.agent()
    call = agent.call(f"to-{trunk.port}-bob")
    call.invite()
    end = await trunk.incoming("INVITE")
    answer = end.answer()
    await end.expect("ACK")
    for _ in range(2):
        await asyncio.sleep(0.2)
        trunk.send(answer, end.invitation.source)
    await asyncio.sleep(0.3)
    count = len(trunk.times(end, "ACK"))
    assert count == 3, f"{count} ACKs for 3 answers"
    await call.expect(200)
    call.ack()
    await call.hang_up()
    await end.expect("BYE", but=("ACK",))
    end.reply(200)


@case("tr_200_crosses_cancel", "an answer that meets our CANCEL is acknowledged and hung up")
async def crossing(scene):
    trunk, agent = await scene.agent(), await scene.agent()
    call = agent.call(f"to-{trunk.port}-bob")
    call.invite()
    end = await trunk.incoming("INVITE")
    end.reply(180)
    await call.expect(180, but=(100,))
    call.cancel()
    await call.expect(200)
    await call.expect(487)
    call.ack()
    cancel = await end.expect("CANCEL")
    assert cancel.branch == end.invitation.branch and cancel.number == end.invitation.number
    end.reply(200, to=cancel)
    end.answer(to=end.invitation)
    await end.expect("ACK")
    await ends_by_bye(end)


@case("tr_cancel_before_ringing", "CANCEL waits for the first word of the trunk")
async def early_cancel(scene):
    trunk, agent = await scene.agent(), await scene.agent()
    call = agent.call(f"to-{trunk.port}-bob")
    call.invite()
    end = await trunk.incoming("INVITE")
    await asyncio.sleep(0.1)
    call.cancel()
    await call.expect(200)
    await call.expect(487)
    call.ack()
    await asyncio.sleep(0.3)
    assert not trunk.times(end, "CANCEL"), "CANCEL before any response"
    end.reply(100, to=end.invitation)
    cancel = await end.expect("CANCEL", but=("INVITE",))
    end.reply(200, to=cancel)
    end.reply(487, to=end.invitation)
    await end.expect("ACK")


# Status, cause: table 3.1 of the reference.
STATUSES = {
    400: "NORMAL_TEMPORARY_FAILURE",
    402: "CALL_REJECTED",
    403: "CALL_REJECTED",
    404: "UNALLOCATED_NUMBER",
    405: "SERVICE_UNAVAILABLE",
    406: "SERVICE_NOT_IMPLEMENTED",
    408: "RECOVERY_ON_TIMER_EXPIRE",
    410: "NUMBER_CHANGED",
    413: "INTERWORKING",
    414: "INTERWORKING",
    415: "SERVICE_NOT_IMPLEMENTED",
    416: "INTERWORKING",
    421: "INTERWORKING",
    423: "INTERWORKING",
    428: "NO_IDENTITY",
    429: "BAD_IDENTITY_INFO",
    437: "UNSUPPORTED_CERTIFICATE",
    438: "INVALID_IDENTITY",
    480: "NO_USER_RESPONSE",
    481: "NORMAL_TEMPORARY_FAILURE",
    482: "EXCHANGE_ROUTING_ERROR",
    483: "EXCHANGE_ROUTING_ERROR",
    484: "INVALID_NUMBER_FORMAT",
    485: "NO_ROUTE_DESTINATION",
    486: "USER_BUSY",
    487: "ORIGINATOR_CANCEL",
    488: "INCOMPATIBLE_DESTINATION",
    500: "NORMAL_TEMPORARY_FAILURE",
    501: "SERVICE_NOT_IMPLEMENTED",
    502: "NETWORK_OUT_OF_ORDER",
    503: "NORMAL_TEMPORARY_FAILURE",
    504: "RECOVERY_ON_TIMER_EXPIRE",
    505: "INTERWORKING",
    513: "INTERWORKING",
    600: "USER_BUSY",
    603: "CALL_REJECTED",
    604: "NO_ROUTE_DESTINATION",
    606: "INCOMPATIBLE_DESTINATION",
    607: "UNWANTED",
    608: "CALL_REJECTED",
    499: "NORMAL_UNSPECIFIED",
}


@case("tr_status_table", "each status of a trunk is the cause that Verto clients expect", within=60)
async def status_table(scene):
    trunk, found = await scene.agent(), {}

    async def refuse():
        while True:
            call = await trunk.incoming("INVITE", within=60)
            call.reply(int(call.user), to=call.invitation)

    refusing = asyncio.ensure_future(refuse())
    try:
        for status in STATUSES:
            found[status] = await scene.server.original_cause(f"sofia/external/{status}@{TRUNK}:{trunk.port}")
    finally:
        refusing.cancel()
    wrong = {status: cause for status, cause in found.items() if cause != STATUSES[status]}
    assert not wrong, f"{wrong}"
