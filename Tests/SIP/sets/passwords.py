"""Digest as we ask for it, by an agent of ours."""

import asyncio
import time

from rig import digest, network
from rig.message import sdp
from rig.network import PHONE, SERVER
from rig.suite import Cases
from rig.tree import PASSWORD

CASES = Cases()
case = CASES.case


async def challenged(call, method="INVITE", body=None, headers=None, status=407):
    """Sends without credentials and takes the challenge."""
    call.send(method, sdp(call.agent.host, 40000) if body is None else body, headers or {})
    reply = await call.expect(status)
    if method == "INVITE":
        call.ack()
    return reply


def authorized(call, challenge, *, user="2011", password=PASSWORD, method="INVITE", count=1, uri=None):
    header = "Proxy-Authorization" if method == "INVITE" else "Authorization"
    return {header: digest.credentials(challenge, method, uri or call.uri, user, password, count)}


@case("in_auth_sha256", "SHA-256 comes first, MD5 second, and a call with either is taken")
async def both_algorithms(scene):
    for algorithm in ("SHA-256", "MD5"):
        agent = await scene.agent(PHONE, "modern")
        call = agent.call("9196", domain=SERVER)
        call.local = f"<sip:2011@{SERVER}>"
        reply = await challenged(call)
        offered = [digest.parameters(each).get("algorithm") for each in reply.all("Proxy-Authenticate")]
        assert offered == ["SHA-256", "MD5"], f"offered {offered}"
        challenge = digest.challenge_in(reply, algorithm)
        call.remote_tag = None
        call.invite(headers=authorized(call, challenge))
        await call.expect(200)
        call.ack()
        await call.hang_up()


@case("in_auth_stale", "credentials that were used before are asked for anew, as stale, and cost nothing")
async def stale(scene):
    agent = await scene.agent(PHONE, "modern")
    call = agent.call("", domain=SERVER)
    call.local = call.remote = f"<sip:2012@{SERVER}>"
    call.uri = f"sip:{SERVER}"
    contact = {"Contact": f"<{call.contact}>", "Expires": "120"}
    reply = await challenged(call, "REGISTER", "", contact, 401)
    used = authorized(call, digest.challenge_in(reply, "MD5"), user="2012", method="REGISTER")
    for _ in range(6):
        call.send("REGISTER", "", {**contact, **used})
        reply = await call.expect(200, 401)
        if reply.status == 401:
            fields = digest.challenge_in(reply, "MD5")
            assert fields.get("stale", "").lower() == "true", f"not stale: {reply.all('WWW-Authenticate')}"
    assert reply.status == 401, "the same credentials were taken again and again"
    call.send("REGISTER", "", {**contact, **authorized(call, fields, user="2012", method="REGISTER")})
    await call.expect(200)
    call.send(
        "REGISTER", "", {**contact, "Expires": "0", **authorized(call, fields, user="2012", method="REGISTER", count=2)}
    )
    await call.expect(200)


@case("in_unknown_user_same_401", "an unknown user is asked and refused just like one with a wrong password")
async def same_refusal(scene):
    agent = await scene.agent(network.GUESSER, "modern")
    looks, times = {}, {}
    for user in ("2013", "nobody-at-all"):
        looks[user], times[user] = [], []
        for _ in range(2):
            call = agent.call("", domain=SERVER)
            call.local = call.remote = f"<sip:{user}@{SERVER}>"
            call.uri = f"sip:{SERVER}"
            first = await challenged(call, "REGISTER", "", {"Contact": f"<{call.contact}>"}, 401)
            wrong = authorized(call, digest.challenge_in(first), user=user, password="wrong", method="REGISTER")
            began = time.monotonic()
            call.send("REGISTER", "", {"Contact": f"<{call.contact}>", **wrong})
            second = await call.expect(401, 403)
            times[user].append(time.monotonic() - began)
            looks[user].append([shape(first), shape(second)])
    one, other = looks.values()
    assert one == other, f"told apart by {one} and {other}"


def shape(message):
    """A message without what differs each time."""
    fixed = [name for name, _ in message.headers]
    challenges = [sorted(name for name in digest.parameters(each)) for each in message.all("WWW-Authenticate")]
    return [message.start, fixed, challenges]


@case("in_register_tcp_close", "a closed connection takes the registrations with it that nothing else leads to")
async def closed(scene):
    async def contacts():
        asking = agent.call("", domain=SERVER)
        return await registered(asking, "2014", {"Contact": None})

    phone, agent = await scene.tcp(PHONE, "modern"), await scene.agent(PHONE, "modern")
    call = phone.call("", domain=SERVER)
    hidden = "<sip:hand@192.0.2.9:5060;transport=tcp>"  # behind a NAT
    answer = await registered(call, "2014", {"Contact": hidden, "Expires": "300"})
    assert answer.all("Contact"), "not registered"
    assert (await contacts()).all("Contact"), "not listed"
    phone._writer.close()
    deadline = time.monotonic() + 8
    while (await contacts()).all("Contact"):
        assert time.monotonic() < deadline, "still registered"
        await asyncio.sleep(0.5)


async def registered(call, user, headers):
    """Registers with a password. Returns the 200."""
    call.local = call.remote = f"<sip:{user}@{SERVER}>"
    call.uri = f"sip:{SERVER}"
    reply = await challenged(call, "REGISTER", "", headers, 401)
    call.send(
        "REGISTER", "", {**headers, **authorized(call, digest.challenge_in(reply, "MD5"), user=user, method="REGISTER")}
    )
    return await call.expect(200)
