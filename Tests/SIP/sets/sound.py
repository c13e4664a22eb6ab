"""What is heard, by RTP of our own."""

import asyncio
import time

from rig.message import sdp
from rig.network import LOSSY, STRANGER, TRUNK, Loss
from rig.suite import Cases, Skipped
from harness import sandbox

CASES = Cases()
case = CASES.case

# No tone is a harmonic of another.
NEAR, FAR, THIRD = 563, 719, 941


async def media_of(answer):
    """Where a description says that sound goes to."""
    lines = answer.body.split("\r\n")
    host = next(line.split()[2] for line in lines if line.startswith("c="))
    return host, int(next(line.split()[1] for line in lines if line.startswith("m=audio")))


async def talk(scene, number, frequency, host=TRUNK, profile="external"):
    """A caller who is answered, and sounds."""
    agent, sound = await scene.agent(host, profile), await scene.sound(host)
    call = agent.call(number)
    answer = await call.establish(sound.port)
    sound.play(frequency, await media_of(answer))
    return call, sound


async def bridged(scene, number="to-@PORT@-bob", more=""):
    """A caller and a trunk who talk, each with its tone."""
    trunk, far, agent, near = await scene.agent(), await scene.sound(), await scene.agent(), await scene.sound()
    call = agent.call(number.replace("@PORT@", str(trunk.port)))
    call.invite(near.port)
    end = await trunk.incoming("INVITE")
    far.play(FAR, await media_of(end.invitation))
    end.reply(180, to=end.invitation)
    end.answer(far.port, to=end.invitation)
    answer = await call.expect(200)
    call.ack()
    await end.expect("ACK")
    near.play(NEAR, await media_of(answer))
    return call, near, end, far


@case("media_echo", "a caller hears itself")
async def echo(scene):
    call, sound = await talk(scene, "9196", NEAR)
    await sound.hears(NEAR, but=[FAR])
    await call.hang_up()


@case("media_tone", "a caller hears a tone of ours, in whole")
async def tone(scene):
    call, sound = await talk(scene, "9197", NEAR)
    await sound.hears(1004, but=[NEAR])
    await asyncio.sleep(2)
    times = [at for at, *_ in sound.packets if at > time.monotonic() - 1.5]
    numbers = [number for _, kind, number, _ in sound.packets if kind == 0]
    assert 70 <= len(times) <= 80, f"{len(times)} packets in 1.5 s"
    assert all((later - earlier) & 0xFFFF == 1 for earlier, later in zip(numbers, numbers[1:])), "numbers are missing"
    assert len({source for *_, source in sound.packets}) == 1, "several sources"
    await call.hang_up()


@case("media_bridge", "a caller and a trunk hear each other and not themselves")
async def bridge(scene):
    call, near, end, far = await bridged(scene)
    await asyncio.gather(near.hears(FAR, but=[NEAR]), far.hears(NEAR, but=[FAR]))
    await call.hang_up()
    await end.expect("BYE")
    end.reply(200)


@case("media_room", "three callers in a room hear the others and not themselves")
async def room(scene):
    talks = await asyncio.gather(*(talk(scene, "3710", each) for each in (NEAR, FAR, THIRD)))
    for (_, sound), own in zip(talks, (NEAR, FAR, THIRD)):
        await sound.hears(*({NEAR, FAR, THIRD} - {own}), but=[own])
    for call, _ in talks:
        await call.hang_up()


@case("media_early", "what a trunk sounds like before it answers is heard")
async def early(scene):
    trunk, far, agent, near = await scene.agent(), await scene.sound(), await scene.agent(), await scene.sound()
    call = agent.call(f"to-{trunk.port}-bob")
    call.invite(near.port)
    end = await trunk.incoming("INVITE")
    end.reply(183, sdp(TRUNK, far.port), to=end.invitation)
    far.play(FAR, await media_of(end.invitation))
    progress = await call.expect(183, but=(100, 180))
    near.play(NEAR, await media_of(progress))
    await near.hears(FAR, but=[NEAR])
    end.answer(far.port, to=end.invitation)
    await call.expect(200)
    call.ack()
    await end.expect("ACK")
    await far.hears(NEAR)
    await call.hang_up()


@case("media_early_tone", "a tone of ours is heard before we refuse")
async def early_tone(scene):
    agent, near = await scene.agent(), await scene.sound()
    call = agent.call("early")
    call.invite(near.port)
    near.play(NEAR, await media_of(await call.expect(183, but=(100,))))
    await near.hears(620, within=2)
    await call.expect(486)
    call.ack()


@case("media_hold", "who is held hears nothing of the other, and both talk again afterwards")
async def hold(scene):
    call, near, end, far = await bridged(scene)
    end.obey(far.port)
    await far.hears(NEAR)
    call.send("INVITE", sdp(TRUNK, near.port, version=2, direction="sendonly"))
    await call.expect(200)
    call.ack()
    near.play(THIRD)  # music of theirs
    await asyncio.sleep(0.7)
    await near.hears(but=[FAR])
    await far.hears(but=[NEAR])
    near.play(NEAR)
    call.send("INVITE", sdp(TRUNK, near.port, version=3))
    await call.expect(200)
    call.ack()
    await asyncio.gather(near.hears(FAR, but=[NEAR]), far.hears(NEAR, but=[FAR]))
    await call.hang_up()


@case("media_hold_in_room", "music of a phone that holds does not reach the room")
async def hold_in_room(scene):
    (call, near), (_, far) = await asyncio.gather(talk(scene, "3711", NEAR), talk(scene, "3711", FAR))
    await far.hears(NEAR)
    call.send("INVITE", sdp(TRUNK, near.port, version=2, direction="sendonly"))
    await call.expect(200)
    call.ack()
    near.play(THIRD)
    await asyncio.sleep(0.7)
    await far.hears(but=[NEAR, THIRD])
    call.send("INVITE", sdp(TRUNK, near.port, version=3))
    await call.expect(200)
    call.ack()
    await far.hears(THIRD)


@case("media_dtmf_through", "keys pass from a caller to a trunk and back, each once")
async def keys(scene):
    call, near, end, far = await bridged(scene)
    await asyncio.gather(near.hears(FAR), far.hears(NEAR))
    near.press("159#")
    far.press("0*")
    deadline = time.monotonic() + 5
    while (near.digits, far.digits) != ("0*", "159#"):
        assert time.monotonic() < deadline, f"heard {near.digits!r} and {far.digits!r}"
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.5)
    assert (near.digits, far.digits) == ("0*", "159#"), f"heard {near.digits!r} and {far.digits!r}"
    await call.hang_up()


@case("media_dtmf_from_info", "keys by INFO become telephone events for a trunk")
async def keys_from_info(scene):
    call, near, end, far = await bridged(scene)
    await far.hears(NEAR)
    call.send("INFO", "Signal=7\r\nDuration=160\r\n", {"Content-Type": "application/dtmf-relay"})
    await call.expect(200)
    deadline = time.monotonic() + 4
    while far.digits != "7":
        assert time.monotonic() < deadline, f"heard {far.digits!r}"
        await asyncio.sleep(0.1)
    await call.hang_up()


@case("media_dtmf_to_info", "keys in the sound go by INFO to a trunk without telephone events")
async def keys_to_info(scene):
    trunk, far, agent, near = await scene.agent(), await scene.sound(), await scene.agent(), await scene.sound()
    call = agent.call(f"to-{trunk.port}-bob")
    call.invite(near.port)
    end = await trunk.incoming("INVITE")
    far.play(FAR, await media_of(end.invitation))
    end.reply(200, sdp(TRUNK, far.port, "0"), to=end.invitation)
    near.play(NEAR, await media_of(await call.expect(200)))
    call.ack()
    await end.expect("ACK")
    await far.hears(NEAR)
    near.press("7#")
    for key in "7#":
        info = await end.expect("INFO")
        assert f"Signal={key}" in info.body, info.body
        end.reply(200)
    assert not far.digits, f"heard {far.digits!r} too"
    await call.hang_up()


@case("media_stranger", "sound from elsewhere is not taken into a call")
async def stranger(scene):
    agent, sound, evil = await scene.agent(), await scene.sound(), await scene.sound(STRANGER)
    call = agent.call("9196")
    answer = await call.establish(sound.port)
    target = await media_of(answer)
    sound.play(NEAR, target)
    await sound.hears(NEAR)
    evil.play(THIRD, target)
    await asyncio.sleep(1)
    await sound.hears(NEAR, but=[THIRD])
    assert not evil.heard, "the call's sound went to a stranger"
    await call.hang_up()


@case("media_from_elsewhere", "a phone behind NAT is heard where its sound comes from")
async def behind_nat(scene):
    agent, sound = await scene.agent(), await scene.sound()
    call = agent.call("9196")
    call.invite(body=sdp("192.0.2.7", 40000))  # not where it really is
    answer = await call.expect(200)
    call.ack()
    sound.play(NEAR, await media_of(answer))
    await sound.hears(NEAR)
    await call.hang_up()


@case("tr_rtp_timeout", "a call without any sound ends after the time set", within=20, waits=True)
async def silence(scene):
    agent = await scene.agent(profile="hasty")
    call = agent.call("9196")
    began = time.monotonic()
    await call.establish()
    await call.expect("BYE", within=12)
    call.reply(200)
    assert 3 < time.monotonic() - began < 9, f"after {time.monotonic() - began:.1f} s"


@case("seed_a", "the seed's extension, word for word: answered, silent for 2 s, then connected with PCMU", within=40)
async def seed(scene):
    from sets.gateways import port

    trunk, far = await scene.agent(port=await port(scene)), await scene.sound()
    agent, near = await scene.agent(), await scene.sound()
    call = agent.call("seed5551000")
    began = time.monotonic()
    near.play(NEAR, await media_of(await call.establish(near.port)))
    end = await trunk.incoming("INVITE")
    assert 1.8 < time.monotonic() - began < 3.5, f"the trunk was called after {time.monotonic() - began:.1f} s"
    quiet = [sample for _, frame in near.heard for sample in frame]
    assert len(quiet) > 8000 and max(map(abs, quiet)) < 50, "no silence was sent"
    assert end.user == "5551000" and "RTP/AVP 0" in end.invitation.body and "opus" not in end.invitation.body
    identity = end.invitation.get("Remote-Party-ID") or end.invitation.get("From")
    assert "5551234" in identity and "Seed" in identity, identity
    far.play(FAR, await media_of(end.invitation))
    end.answer(far.port, to=end.invitation)
    await end.expect("ACK")
    await asyncio.gather(near.hears(FAR), far.hears(NEAR))
    end.reply(200)
    await call.hang_up()


@case("media_loss", "with 3 % of all packets lost, calls come about and are heard", within=60)
async def loss(scene):
    if not sandbox.is_inside():
        raise Skipped("needs a network of its own")
    with Loss(LOSSY, 3) as network:
        caller = await scene.caller(
            "in_lossy", "9197", host=LOSSY, calls=60, options=["-r", "10", "-l", "30", "-d", "1500"]
        )
        call, sound = await talk(scene, "9196", NEAR, LOSSY)
        await sound.hears(NEAR, but=[THIRD])
        await caller.passes(50)
        lost = network.lost()
    assert lost >= 5, f"only {lost} packets were lost"
