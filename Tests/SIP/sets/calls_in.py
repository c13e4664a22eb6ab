"""Calls to us, by SIPp."""

import asyncio

from rig import network
from rig.network import GUESSER, PHONE, TRUNK_V6
from rig.suite import Cases, Skipped
from rig.tree import PASSWORD

CASES = Cases()
case = CASES.case

PHONE_LOGIN = {"user": "2000", "from": "2000", "password": PASSWORD}


@case("in_basic", "a call from a trunk is answered and hung up")
async def basic(scene):
    await scene.plays("in_basic", options=["-d", "300"])


@case("in_tcp", "the same over TCP")
async def tcp(scene):
    await scene.plays("in_basic", transport="t1", options=["-d", "300"])


@case("in_ipv6", "the same over IPv6")
async def ipv6(scene):
    if TRUNK_V6 is None:
        raise Skipped("needs a network of its own")
    await scene.plays("in_basic", host=TRUNK_V6, profile="sixth", options=["-d", "300"])


@case("in_auth_md5", "a phone is asked for its password, gives it and calls")
async def auth(scene):
    await scene.plays("in_auth_md5", host=PHONE, profile="internal", keys=PHONE_LOGIN)


@case("in_bad_password", "a wrong password is asked for again, and refused as an unknown user is")
async def bad_password(scene):
    for login in ({"password": "wrong"}, {"user": "nobody", "from": "nobody"}):
        await scene.plays("in_bad_password", host=GUESSER, profile="internal", keys={**PHONE_LOGIN, **login})


@case("in_cancel", "a caller who gives up gets 487, and the trunk's ringing ends")
async def cancel(scene):
    await scene.trunk_call("tr_cancelled", "in_cancel")


@case("in_cancel_late", "CANCEL after the answer changes nothing")
async def cancel_late(scene):
    await scene.plays("in_cancel_late")


@case("in_late_offer", "without a description in the INVITE, the offer is ours")
async def late_offer(scene):
    await scene.plays("in_late_offer", options=["-d", "300"])


@case("in_reinvite_hold_resume", "hold in its three forms, each taken back, and a re-INVITE without an offer")
async def hold(scene):
    await scene.plays("in_reinvite_hold_resume")


@case("in_update", "UPDATE refreshes and changes a session")
async def update(scene):
    await scene.plays("in_update")


@case("in_prack", "ringing is reliable for who wants it so")
async def prack(scene):
    await scene.trunk_call("trunk", "in_prack", options=["-d", "200"])


@case("in_require_unknown", "an unknown extension that is required is refused by name")
async def require_unknown(scene):
    await scene.plays("in_require_unknown")


@case("in_bad_ct", "a body that is no description is refused")
async def bad_body(scene):
    await scene.plays("in_bad_ct")


@case("in_options", "OPTIONS says what there is, with no hop left too")
async def options(scene):
    await scene.plays("in_options")


async def is_muted(scene, room, number):
    """Whether the caller's row in the room says that it cannot speak."""
    rows = (await scene.server.command("conference", room, "list")).splitlines()
    row = next((each for each in rows if number in each), None)
    return row and "speak" not in row.replace(";", "|").split("|")


async def key_mutes(scene, scenario, room, **rest):
    """The key 0, however it is sent, mutes who pressed it."""
    caller = await scene.caller(scenario, room, keys={"from": f"key{room}"}, **rest)
    was_muted = False
    for _ in range(60):
        await asyncio.sleep(0.1)
        was_muted = was_muted or await is_muted(scene, room, f"key{room}")
    await caller.passes(15)
    assert was_muted, "the key was not heard"


@case("in_info_dtmf_relay", "a key by INFO is heard in a room; odd INFOs are answered for what they are")
async def info_relay(scene):
    await key_mutes(scene, "in_info_dtmf_relay", "3701", marks={"KEY": "0"})


@case("in_info_dtmf", "a bare key by INFO is heard in a room")
async def info_bare(scene):
    await key_mutes(scene, "in_info_dtmf", "3702", marks={"KEY": "0"})


@case("in_rfc4733", "a key in recorded telephone events is heard in a room, once")
async def events(scene):
    await key_mutes(scene, "in_rfc4733", "3703")


@case("in_refer_blind", "a transfer is carried out and reported; nonsense is refused")
async def refer(scene):
    trunk = await scene.trunk("tr_transferred", options=["-d", "1500"])
    await scene.plays("in_refer_blind", f"to-{trunk.port}-bob", marks={"TARGET": "9196"})
    await trunk.passes(10)


@case("in_session_timer_422", "sessions shorter than 90 s are refused, and no other")
async def session_422(scene):
    await scene.plays("in_session_timer_422")


@case("in_session_timer_expire", "a session that is not refreshed ends after 60 of 90 s", within=80, waits=True)
async def session_expiry(scene):
    await scene.plays("in_session_timer_expire", within=75)


@case("in_mf_zero_to_trunk", "a call without hops left goes to no trunk")
async def no_hops(scene):
    await scene.plays("in_mf_zero_to_trunk", f"to-{network.free_port()}-bob")


@case("in_no_contact", "an INVITE without Contact is refused")
async def no_contact(scene):
    await scene.plays("in_no_contact")


@case("in_488_codec", "a call without a codec of ours is refused, and told why")
async def no_codec(scene):
    await scene.plays("in_488_codec")


@case("in_488_srtp_required", "where sound must be encrypted, plain sound is refused")
async def needs_srtp(scene):
    await scene.plays("in_refused", profile="sealed", marks={"STATUS": 488, "HEADERS": "Subject: plain", "EXPECT": ""})


@case("in_sdes", "keys in a description are answered with one of ours")
async def sdes(scene):
    await scene.plays("in_sdes", profile="sealed")


@case("in_refused_not_a_trunk", "who is on no list is refused where only trunks call")
async def no_trunk(scene):
    await scene.plays("in_refused", host=PHONE, marks={"STATUS": 403, "HEADERS": "Subject: let me in", "EXPECT": ""})


@case("in_unknown_number", "a number that nobody has")
async def unknown_number(scene):
    await scene.plays("in_refused", "+no+such+number", marks={"STATUS": 404, "HEADERS": "Subject: hello", "EXPECT": ""})


# Of table 3.2 of the reference.
CAUSES = {
    "UNALLOCATED_NUMBER": (1, 404),
    "USER_BUSY": (17, 486),
    "NO_USER_RESPONSE": (18, 408),
    "NO_ANSWER": (19, 480),
    "CALL_REJECTED": (21, 603),
    "NUMBER_CHANGED": (22, 410),
    "EXCHANGE_ROUTING_ERROR": (25, 483),
    "DESTINATION_OUT_OF_ORDER": (27, 502),
    "INVALID_NUMBER_FORMAT": (28, 484),
    "FACILITY_REJECTED": (29, 501),
    "NORMAL_CIRCUIT_CONGESTION": (34, 503),
    "OUTGOING_CALL_BARRED": (52, 403),
    "INCOMPATIBLE_DESTINATION": (88, 488),
    "RECOVERY_ON_TIMER_EXPIRE": (102, 504),
    "INTERWORKING": (127, 480),
    "NORMAL_CLEARING": (16, 480),
}


@case("in_causes", "each cause is refused with its status, and named", within=60)
async def causes(scene):
    async def check(name, code, status):
        marks = {
            "STATUS": status,
            "HEADERS": "Subject: why",
            "EXPECT": f'{{{{expect Reason: Q.850;cause={code};text="{name}"}}}}',
        }
        await scene.plays("in_refused", f"cause-{name}", marks=marks)

    for name, (code, status) in CAUSES.items():
        await check(name, code, status)
