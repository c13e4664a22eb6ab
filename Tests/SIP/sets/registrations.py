"""Phones that register, by SIPp."""

import asyncio

from rig import network
from rig.network import PHONE
from rig.suite import Cases
from rig.tree import PASSWORD

CASES = Cases()
case = CASES.case

INSTANCE = '+sip.instance="<urn:uuid:00000000-0000-4000-8000-00000000cafe>"'


async def register(scene, user, *headers, status=200, expect=(), **rest):
    """One REGISTER; `expect` are lines such as "expect Contact: pattern"."""
    marks = {
        "HEADERS": "\n".join(headers) or "Subject: who is there",
        "STATUS": status,
        "EXPECT": " ".join(f"{{{{{each}}}}}" for each in expect),
    }
    await scene.plays(
        "register", host=PHONE, profile="internal", keys={"user": user, "password": PASSWORD}, marks=marks, **rest
    )


def contact(user, port, *parameters):
    return f"Contact: <sip:{user}@{PHONE}:{port}>" + "".join(f";{each}" for each in parameters)


@case("in_register_add", "a phone registers, and reads its own contact in the answer")
async def add(scene):
    expect = [f"expect Contact: <sip:2001@{PHONE}:7001>;(.*;)?expires=1[12][0-9]", "expect Date: GMT"]
    await register(scene, "2001", contact("2001", 7001, "expires=120"), expect=expect)


@case("in_register_refresh", "registering again changes the time and nothing else")
async def refresh(scene):
    await register(scene, "2002", contact("2002", 7002), "Expires: 90", expect=["expect Contact: expires=(90|8[0-9])"])
    expect = ["expect Contact: expires=(300|29[0-9])", "refuse Contact: <.*<"]
    await register(scene, "2002", contact("2002", 7002, "expires=300"), "Expires: 90", expect=expect)


@case("in_register_query", "without a contact the registrations are listed; expiry 0 removes one")
async def query(scene):
    await register(scene, "2003", expect=["refuse Contact"])
    await register(scene, "2003", contact("2003", 7003, "expires=100"))
    await register(scene, "2003", expect=[f"expect Contact: <sip:2003@{PHONE}:7003>"])
    await register(scene, "2003", contact("2003", 7003, "expires=0"), expect=["refuse Contact"])


@case("in_register_star", "a star removes all, and only with expiry 0")
async def star(scene):
    await register(scene, "2004", contact("2004", 7004))
    await register(scene, "2004", "Contact: *", "Expires: 60", status=400)
    await register(scene, "2004", "Contact: *", "Expires: 0", expect=["refuse Contact"])


@case("in_register_423", "a time that is too short is refused with the least we take")
async def too_brief(scene):
    await register(scene, "2005", contact("2005", 7005, "expires=10"), status=423, expect=["expect Min-Expires: 60"])


@case("in_register_two_contacts", "two contacts in one request are two registrations")
async def two(scene):
    one, other = (f"<sip:2006@{PHONE}:{port}>" for port in (7006, 7016))
    expect = [f"expect message: Contact:.*{PHONE}:7006", f"expect message: Contact:.*{PHONE}:7016"]
    await register(scene, "2006", f"Contact: {one}, {other};q=0.5", expect=expect)


@case("in_register_max", "one registration more than allowed is refused, and none of its request is kept")
async def too_many(scene):
    for port in (7101, 7102):
        await register(scene, "2007", contact("2007", port))
    await register(scene, "2007", contact("2007", 7103), contact("2007", 7104), status=403)
    await register(scene, "2007", expect=["refuse message: :710[34]", "expect message: :7101", "expect message: :7102"])


@case("in_register_outbound", "a phone that comes back from elsewhere replaces its registration")
async def outbound(scene):
    supported = "Supported: path, outbound"
    await register(scene, "2008", supported, contact("2008", 7008, "reg-id=1", INSTANCE))
    expect = [f"expect Contact: {PHONE}:7018", "refuse message: :7008", "expect Contact: reg-id=1"]
    await register(scene, "2008", supported, contact("2008", 7018, "reg-id=1", INSTANCE), expect=expect)


@case("in_register_called", "who is registered is called, by user name")
async def called(scene):
    port = network.free_port(PHONE)
    await register(scene, "2009", contact("2009", port), port=port)
    phone = await scene.trunk("trunk", host=PHONE, port=port, options=["-d", "300"])
    await scene.plays("in_basic", "2009")
    await phone.passes()


@case("in_register_expired", "a registration that is not refreshed is gone", within=80, waits=True)
async def expired(scene):
    port = network.free_port(PHONE)
    await register(scene, "2010", contact("2010", port, "expires=60"), port=port)
    await asyncio.sleep(64)
    await register(scene, "2010", expect=["refuse Contact"])
