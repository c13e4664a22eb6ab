"""Calls of ours to trunks, by SIPp."""

import asyncio
import time

from rig import network
from rig.network import SERVER, TRUNK
from rig.suite import Cases

CASES = Cases()
case = CASES.case


@case("tr_180_200", "a trunk rings, answers and is hung up; what it is sent is what trunks like")
async def ringing(scene):
    caller, trunk = await scene.trunk_call("tr_180_200", options=["-d", "200"])
    came, sent = trunk.messages()[0][1], caller.messages()[0][1]
    assert call_id(came) != call_id(sent), "both sides have the same Call-ID"
    rang = [text for way, text in caller.messages() if way == "received" and text.startswith("SIP/2.0 180")]
    assert rang, "the caller has not heard of the ringing"


def call_id(text):
    return next(line for line in text.splitlines() if line.lower().startswith("call-id:"))


@case("tr_183_sdp", "a trunk's early description reaches the caller as one of ours")
async def early(scene):
    caller, _ = await scene.trunk_call("tr_183_sdp")
    progress = [text for _, text in caller.messages() if text.startswith("SIP/2.0 183")]
    assert progress and "m=audio" in progress[0] and f"c=IN IP4 {SERVER}" in progress[0], f"the caller got {progress}"


@case("tr_183_nosdp", "progress without a description is ringing")
async def no_description(scene):
    caller, _ = await scene.trunk_call("tr_183_nosdp")
    early = [text for _, text in caller.messages() if text.startswith("SIP/2.0 18")]
    assert early, "the caller has heard of no ringing"


@case("tr_100rel", "a trunk's reliable progress is acknowledged")
async def reliable(scene):
    _, trunk = await scene.trunk_call("tr_100rel")
    number, acknowledged = (await trunk.logged("numbers")).split()
    assert number == acknowledged, f"PRACK is for INVITE {acknowledged}, not {number}"


@case("tr_1xx_forever", "a trunk that only rings is given up after the call's timeout")
async def rings_forever(scene):
    marks = {"STATUS": 480, "HEADERS": "Subject: patience", "EXPECT": "{{expect Reason: cause=19}}"}
    trunk = await scene.trunk("tr_cancelled")
    began = time.monotonic()
    await scene.plays("in_refused", f"brief-{trunk.port}-bob", marks=marks)
    assert 2.5 < time.monotonic() - began < 6, "3 s were asked for"
    await trunk.passes()


async def fails(scene, status, headers, cause):
    """A call of ours to a trunk that refuses so fails for this cause."""
    trunk = await scene.trunk("tr_refusing", marks={"STATUS": status, "HEADERS": headers})
    found = await scene.server.original_cause(f"sofia/external/bob@{TRUNK}:{trunk.port}")
    assert found == cause, f"{status} {headers} became {found}, not {cause}"
    await trunk.passes()


@case("tr_reason_q850", "a Q.850 cause counts more than the status")
async def reason(scene):
    await fails(scene, 503, 'Reason: Q.850;cause=17;text="USER_BUSY"', "USER_BUSY")


@case("tr_503_retry_after", "a trunk that is busy for a while; with another one, the call goes there")
async def unavailable(scene):
    await fails(scene, 503, "Retry-After: 20", "NORMAL_TEMPORARY_FAILURE")
    first = await scene.trunk("tr_refusing", marks={"STATUS": 503, "HEADERS": "Retry-After: 20"})
    second = await scene.trunk("tr_180_200")
    await scene.plays("in_basic", f"over-{first.port}-{second.port}")
    await asyncio.gather(first.passes(), second.passes())


@case("tr_status_to_caller", "the caller gets the trunk's own status")
async def own_status(scene):
    for status in (404, 486, 603):
        trunk = await scene.trunk("tr_refusing", marks={"STATUS": status, "HEADERS": "Subject: no"})
        marks = {"STATUS": status, "HEADERS": "Subject: hello", "EXPECT": ""}
        await scene.plays("in_refused", f"to-{trunk.port}-bob", marks=marks)
        await trunk.passes()


@case("tr_bye_reason", "a trunk's reason for hanging up reaches the other side")
async def bye(scene):
    await scene.trunk_call("tr_bye_reason", "caller_hung_up", marks={"EXPECT": "{{expect Reason: Q.850;cause=38}}"})


@case("tr_reinvite_codec_change", "a trunk goes on with another codec")
async def other_codec(scene):
    await scene.trunk_call("tr_reinvite_codec_change", options=["-d", "1500"])


@case("tr_t38", "a fax is refused, and the call goes on")
async def fax(scene):
    await scene.trunk_call("tr_t38", options=["-d", "1500"])


@case("tr_422", "a trunk that wants longer sessions gets them")
async def longer_sessions(scene):
    await scene.trunk_call("tr_422", options=["-d", "300"])


@case("tr_420", "a trunk that knows no session timer is called without one")
async def no_extension(scene):
    await scene.trunk_call("tr_420", options=["-d", "300"])


@case("tr_302", "a redirected call goes on where the dialplan lets it")
async def moved(scene):
    trunk = await scene.trunk("tr_refusing", marks={"STATUS": 302, "HEADERS": f"Contact: <sip:moved@{TRUNK}:9>"})
    await scene.plays("in_basic", f"to-{trunk.port}-bob")
    await trunk.passes()


@case("tr_nobody_listens", "a trunk that is not there is given up after Timer B", within=50, waits=True)
async def nobody(scene):
    marks = {"STATUS": 504, "HEADERS": "Subject: hello", "EXPECT": ""}
    await scene.plays("in_refused", f"to-{network.free_port(TRUNK)}-bob", within=45, marks=marks)
