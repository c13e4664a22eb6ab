"""Transfers that need two calls at once, by agents of ours."""

import asyncio

from rig.suite import Cases

CASES = Cases()
case = CASES.case


async def two_talks(scene):
    """A phone that talks to two others: its agent, its two calls, and the other ends."""
    phone, others = await scene.agent(), [await scene.agent(), await scene.agent()]
    calls, ends = [], []
    for other in others:
        call = phone.call(f"to-{other.port}-bob")
        call.invite()
        end = await other.incoming("INVITE")
        end.reply(180)
        end.answer(port=other.port + 1)
        await call.expect(200)
        call.ack()
        await end.expect("ACK")
        calls.append(call)
        ends.append(end)
    return phone, calls, ends


async def reported(call, last):
    """Takes the reports of a transfer up to one that says `last`."""
    while True:
        notice = await call.expect("NOTIFY")
        call.reply(200)
        assert notice.get("Event").startswith("refer") and "sipfrag" in notice.get("Content-Type"), f"{notice.headers}"
        if f" {last}" in notice.body:
            assert notice.get("Subscription-State").startswith("terminated"), notice.get("Subscription-State")
            return
        assert " 1" in notice.body, f"a report says {notice.body}"


async def ends_by_bye(call, within=5):
    await call.expect("BYE", within=within, but=(100, 180, 183, "INVITE", "UPDATE"))
    call.reply(200)


@case("in_refer_attended", "who talks to two connects them, and is out")
async def attended(scene):
    _, (one, two), (first, second) = await two_talks(scene)
    replaces = f"{two.id}%3Bto-tag%3D{two.remote_tag}%3Bfrom-tag%3D{two.tag}"
    one.send("REFER", "", {"Refer-To": f"<{two.uri}?Replaces={replaces}>"})
    await one.expect(202)
    await reported(one, 200)
    await asyncio.gather(ends_by_bye(one), ends_by_bye(two))
    assert not second.queue.qsize() and not first.queue.qsize(), "the connected ones were disturbed"
    await first.hang_up()
    await ends_by_bye(second)


@case("in_replaces", "an INVITE that replaces a call takes it over; for none it is refused")
async def replaces(scene):
    phone, other, heir = await scene.agent(), await scene.agent(), await scene.agent()
    call = phone.call(f"to-{other.port}-bob")
    call.invite()
    end = await other.incoming("INVITE")
    end.answer()
    await call.expect(200)
    call.ack()
    await end.expect("ACK")
    taker = heir.call("whoever")
    tags = f"to-tag={call.remote_tag};from-tag={call.tag}"
    taker.invite(headers={"Replaces": f"{call.id};{tags}", "Require": "replaces"})
    await taker.expect(200)
    taker.ack()
    await ends_by_bye(call)
    await taker.hang_up()
    await ends_by_bye(end)
    lost = heir.call("whoever")
    lost.invite(headers={"Replaces": f"{call.id}x;{tags}"})
    await lost.expect(481)
    lost.ack()


@case("out_deflect", "a caller is sent elsewhere by a REFER of ours, and let go when it has arrived")
async def deflected(scene):
    agent = await scene.agent()
    call = agent.call("deflect")
    await call.establish()
    request = await call.expect("REFER")
    assert "sip:elsewhere@example.com" in request.get("Refer-To"), request.get("Refer-To")
    call.reply(202)
    for status, state in (("100 Trying", "active;expires=60"), ("200 OK", "terminated;reason=noresource")):
        headers = {"Event": "refer", "Subscription-State": state, "Content-Type": "message/sipfrag;version=2.0"}
        call.send("NOTIFY", f"SIP/2.0 {status}\r\n", headers)
        await call.expect(200)
    await ends_by_bye(call)


@case("out_deflect_refused", "a caller that does not go hears on")
async def stays(scene):
    agent = await scene.agent()
    call = agent.call("deflect")
    await call.establish()
    await call.expect("REFER")
    call.reply(603)
    await call.silence(1)
    await call.hang_up()
