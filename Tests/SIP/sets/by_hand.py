"""What SIPp does not do: odd orders, and pieces of messages."""

import asyncio
import time

from rig.message import Message, sdp
from rig.network import SERVER, TRUNK
from rig.suite import Cases
from rig.tree import PORTS

CASES = Cases()
case = CASES.case


@case("in_retrans_invite", "an INVITE that comes three times is one call, and gets its last answer again")
async def retransmitted(scene):
    agent = await scene.agent()
    call = agent.call("9196")
    invite = call.invite()
    agent.send(invite)
    answer = await call.expect(200)
    agent.send(invite)
    call.ack()
    await call.silence(0.3)
    tags = {message.tag("To") for _, message in agent.received if message.status == 200}
    assert tags == {answer.tag("To")}, f"several calls: {tags}"
    await call.hang_up()


@case("in_merged", "the same request on two ways is refused on the second")
async def merged(scene):
    agent = await scene.agent()
    call = agent.call("9196")
    first = call.invite()
    second = call.request("INVITE", first.body, number=first.number)
    agent.send(second)
    replies = {}
    while len(replies) < 2:
        reply = await call.expect(200, 482)
        replies[reply.status] = reply
    assert {status: each.branch for status, each in replies.items()} == {200: first.branch, 482: second.branch}
    call.remote_tag = replies[482].tag("To")
    agent.send(call.request("ACK", number=first.number, branch=second.branch, uri=first.uri))
    call.remote_tag, call.last_final, call.sent["INVITE"] = replies[200].tag("To"), 200, first
    call.ack()
    await call.hang_up()


@case(
    "in_no_ack",
    "an answer that nobody acknowledges is repeated for 32 s, and the call then hung up",
    within=45,
    waits=True,
)
async def no_ack(scene):
    agent = await scene.agent()
    call = agent.call("9196")
    call.invite()
    await call.expect(200)
    await call.expect("BYE", within=38)
    call.reply(200)
    times = agent.times(call, 200)
    gaps = [round(later - earlier, 1) for earlier, later in zip(times, times[1:])]
    wanted = [0.5, 1, 2, *[4] * 7]
    assert len(gaps) >= len(wanted) - 1 and all(
        abs(gap - want) < 0.3 for gap, want in zip(gaps, wanted)
    ), f"repeated after {gaps}"
    lasted = agent.times(call, "BYE")[0] - times[0]
    assert 31 < lasted < 34, f"hung up after {lasted:.1f} s"


@case("in_stray", "what belongs to nothing is dropped, or refused with 481")
async def stray(scene):
    agent = await scene.agent()
    call = agent.call("9196")
    call.remote_tag = "nobody"
    for method in ("BYE", "INFO", "UPDATE", "REFER", "NOTIFY"):
        call.send(method)
        await call.expect(481)
    call.send("ACK")
    call.sent["INVITE"] = call.request("INVITE")
    call.cancel()
    await call.expect(481)
    odd = Message("SIP/2.0 200 OK", call.sent["INVITE"].headers)
    agent.send(odd)
    await call.silence(0.5)
    other = agent.call("9196")
    await other.establish()
    await other.hang_up()


@case("in_cseq", "an order that is older than the last one is refused")
async def older(scene):
    agent = await scene.agent()
    call = agent.call("9196")
    await call.establish()
    call.send("INFO", number=20)
    await call.expect(200)
    call.send("INFO", number=19)
    await call.expect(500)
    call.number = 20
    await call.hang_up()
    call.send("BYE")
    await call.expect(481)


@case("in_reinvite_pending", "a second change before the first one's answer is refused for now")
async def pending(scene):
    phone = await scene.agent()
    agent = await scene.agent()
    call = agent.call(f"to-{phone.port}-bob")
    call.invite()
    far = await phone.incoming("INVITE")
    far.reply(180)
    await call.expect(180, but=(100,))
    call.send("INVITE", sdp(TRUNK, 40000, version=2))
    refusal = await call.expect(500, 491)
    assert refusal.number == 2, f"{refusal} is for {refusal.get('CSeq')}"
    if refusal.status == 500:
        assert 0 <= int(refusal.get("Retry-After")) <= 10
    call.last_final = 500
    call.ack()
    far.answer()
    await call.expect(200)
    agent.send(call.request("ACK", number=1))
    await far.expect("ACK")
    call.send("BYE")
    await call.expect(200)
    await far.expect("BYE")
    far.reply(200)


@case("in_reinvite_glare", "a change of theirs while ours waits for its answer gets 491", within=75, waits=True)
async def glare(scene):
    agent = await scene.agent()
    call = agent.call("9196")
    # Whoever knows no UPDATE is refreshed by INVITE, after half the time.
    await call.establish(
        headers={"Supported": "timer", "Session-Expires": "90;refresher=uas", "Allow": "INVITE, ACK, CANCEL, BYE"}
    )
    theirs = await call.expect("INVITE", within=55)
    call.send("INVITE", sdp(TRUNK, 40000, version=2))
    await call.expect(491)
    call.last_final = 491
    call.ack()
    call.answer(to=theirs)
    await call.expect("ACK")
    await call.hang_up()


@case("in_message", "a text for somebody who is not there is refused, and what is no text")
async def message(scene):
    agent = await scene.agent()
    text = agent.call("2019")
    text.send("MESSAGE", "Hello", {"Content-Type": "text/plain", "Contact": None})
    await text.expect(404, 405, 480)
    odd = agent.call("3500")
    odd.send("MESSAGE", "<hello/>", {"Content-Type": "application/unknown", "Contact": None})
    await odd.expect(404, 405, 415)


# MARK: Streams


@case("in_tcp_split", "a message is understood wherever TCP cuts it")
async def split(scene):
    agent = await scene.tcp(TRUNK, "external")
    for cut in range(1, 400, 3):
        call = agent.call("9196")
        call.uri = f"sip:{SERVER}:{PORTS['external']}"
        data = bytes(call.request("OPTIONS"))
        if cut >= len(data):
            break
        agent.send(data[:cut])
        await agent._writer.drain()
        await asyncio.sleep(0.002)
        agent.send(data[cut:])
        await call.expect(200)
    calls = [agent.call("9196") for _ in range(3)]
    for each in calls:
        each.uri = f"sip:{SERVER}:{PORTS['external']}"
    agent.send(b"".join(bytes(each.request("OPTIONS")) for each in calls))
    for each in calls:
        await each.expect(200)


@case("in_tcp_keepalive", "a ping of two line ends is answered with one, also in front of a message")
async def keepalive(scene):
    agent = await scene.tcp(TRUNK, "external")
    agent.send(b"\r\n\r\n")
    call = agent.call("9196")
    agent.send(b"\r\n\r\n" + bytes(call.request("INVITE", sdp(TRUNK, 40000))))
    call.sent["INVITE"] = call.request("INVITE", number=1)
    await call.expect(200)
    call.ack()
    await call.hang_up()
    await asyncio.sleep(0.1)
    assert 1 <= agent.pongs <= 2, f"{agent.pongs} answers"


@case("in_tcp_broken", "a stream that makes no sense is closed, and others are not")
async def broken(scene):
    agent, other = await scene.tcp(TRUNK, "external"), await scene.tcp(TRUNK, "external")
    call = agent.call("9196")
    agent.send(bytes(call.request("OPTIONS")).replace(b"Content-Length: 0", b"Content-Length: -5"))
    deadline = time.monotonic() + 5
    while not agent._reading.done() and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    assert agent._reading.done(), "the connection was left open"
    await other.call("9196").establish()


@case("in_tcp_answer_on_connection", "a call over TCP lives on its connection")
async def on_connection(scene):
    agent = await scene.tcp(TRUNK, "external")
    call = agent.call("early")
    call.invite()
    await call.expect(183, but=(100,))
    await call.expect(486)
    call.ack()
