"""Phones of other people: baresip and linphone, without a sound card."""

import asyncio
import shutil

from harness import sandbox
from harness.process import Process
from rig.network import DESK, SERVER
from rig.suite import Cases, Skipped
from rig.tree import PASSWORD, PORTS, TLS_PORT

from .calls_in import is_muted
from .sound import FAR, NEAR, media_of

CASES = Cases()
case = CASES.case


@case("phone_echo", "a phone registers, calls, hears itself and hangs up")
async def echo(scene):
    phone = await scene.phone("2020", NEAR)
    await phone.dial("9196")
    await phone.established()
    await phone.hears(NEAR, but=[FAR])
    await phone.hang_up()
    await phone.closed()


@case("phone_codecs", "a phone is heard and hears with each codec", within=60)
async def codecs(scene):
    for user, codec in (("2021", "pcma"), ("2022", "g722"), ("2023", "opus/48000/2")):
        phone = await scene.phone(user, NEAR, codecs=codec)
        await phone.dial("9196")
        await phone.established()
        await phone.hears(NEAR, but=[FAR])
        await phone.hang_up()
        await phone.closed()


@case("phone_to_phone", "two phones with different codecs talk; who is called hangs up", within=40)
async def pair(scene):
    one, other = await scene.phone("2024", NEAR), await scene.phone("2025", FAR, codecs="opus/48000/2")
    await one.dial("2025")
    await asyncio.gather(one.established(), other.established())
    await asyncio.gather(one.hears(FAR, but=[NEAR]), other.hears(NEAR, but=[FAR]))
    await other.hang_up()
    await asyncio.gather(one.closed(), other.closed())


@case("phone_busy", "a phone that declines is not available, and its caller learns it", within=40)
async def declined(scene):
    phone = await scene.phone("2026", NEAR, answers="manual")
    agent = await scene.agent()
    call = agent.call("2026")
    call.invite()
    await phone.event("CALL_INCOMING")
    await call.expect(180, 183, but=(100,))
    await phone.hang_up()
    reply = await call.expect(486, 603, 480)
    call.ack()
    assert reply.status in (486, 603), f"{reply}"


@case("phone_hold", "a phone that holds is not heard, and is again afterwards", within=40)
async def hold(scene):
    phone = await scene.phone("2027", NEAR)
    agent, sound = await scene.agent(), await scene.sound()
    call = agent.call("2027")
    call.invite(sound.port)
    answer = await call.expect(200)
    call.ack()
    sound.play(FAR, await media_of(answer))
    call.obey(sound.port)
    await asyncio.gather(phone.hears(FAR), sound.hears(NEAR))
    await phone.command("hold")
    await asyncio.sleep(1)
    await sound.hears(but=[NEAR])
    await phone.command("resume")
    await sound.hears(NEAR)
    await phone.hang_up()
    await call.expect("BYE")
    call.reply(200)


@case("phone_transfer", "a phone transfers its caller into a room", within=40)
async def transfer(scene):
    phone = await scene.phone("2028", NEAR)
    agent, sound = await scene.agent(), await scene.sound()
    call = agent.call("2028")
    call.invite(sound.port)
    answer = await call.expect(200)
    call.ack()
    sound.play(FAR, await media_of(answer))
    call.obey(sound.port)
    await sound.hears(NEAR)
    await phone.command("transfer", f"sip:9197@{SERVER}")
    await phone.closed(15)
    await sound.hears(1004, but=[NEAR])


@case("phone_keys", "a phone mutes itself by a key, by events and by INFO", within=60)
async def keys(scene):
    for user, mode in (("2029", "rtpevent"), ("2030", "info")):
        phone = await scene.phone(user, NEAR, options=f";dtmfmode={mode}")
        await phone.dial("3720")
        await phone.established()
        await phone.hears(but=[FAR])
        for wanted in (True, False):
            await phone.press("0")
            for _ in range(30):
                if await is_muted(scene, "3720", user) is wanted:
                    break
                await asyncio.sleep(0.1)
            else:
                raise AssertionError(f"{mode}: muted is not {wanted}")
        await phone.hang_up()
        await phone.closed()


@case("phone_secure", "a phone whose sound is encrypted, over TLS", within=40)
async def secure(scene):
    phone = await scene.phone(
        "2031", NEAR, options=f';mediaenc=srtp-mand;outbound="sip:{SERVER}:{TLS_PORT};transport=tls"'
    )
    await phone.dial("9196")
    await phone.established()
    await phone.hears(NEAR)
    await phone.hang_up()


@case("phone_tcp", "a phone over TCP is called on its connection", within=40)
async def tcp(scene):
    phone = await scene.phone("2032", NEAR, options=f';outbound="sip:{SERVER}:{PORTS["internal"]};transport=tcp"')
    agent, sound = await scene.agent(), await scene.sound()
    call = agent.call("2032")
    sound.play(FAR, await media_of(await call.establish(sound.port)))
    await asyncio.gather(phone.hears(FAR), sound.hears(NEAR))
    await call.hang_up()
    await phone.closed()


@case("phone_linphone", "linphone registers by SHA-256", within=40)
async def linphone(scene):
    if not sandbox.is_inside() or shutil.which("linphonec") is None:
        raise Skipped("needs linphonec and a network of its own")
    home = scene.folder / "home"
    (home / ".local/share/linphone").mkdir(parents=True)
    (home / "linphonerc").write_text(
        _LINPHONE.format(server=SERVER, port=PORTS["modern"], host=DESK, password=PASSWORD)
    )
    log = scene.folder / "linphone.log"
    words = ["linphonec", "-c", home / "linphonerc", "-d", "6", "-l", log]
    # It reads commands from its input, and ends where that ends.
    process = await Process.start(
        ["sh", "-c", "sleep 60 | " + " ".join(map(str, words))],
        scene.folder / "linphone-screen.log",
        {"HOME": str(home)},
    )
    scene.ending(process, process.stop)
    for _ in range(150):
        said = log.read_text(errors="replace") if log.exists() else ""
        if "algorithm=SHA-256" in said and "SIP/2.0 200" in said:
            break
        await asyncio.sleep(0.1)
    else:
        raise AssertionError(f"not registered: {said[-600:]}")
    contact = await scene.server.command("sofia_contact", f"2033@{SERVER}")
    assert contact.startswith("sofia/"), contact


_LINPHONE = """[sip]
default_proxy=0
sip_port=-1
sip_tcp_port=-1
[net]
bind_address={host}
[auth_info_0]
username=2033
passwd={password}
realm={server}
domain={server}
[proxy_0]
reg_proxy=<sip:{server}:{port};transport=udp>
reg_identity=<sip:2033@{server}>
reg_expires=120
reg_sendregister=1
"""
