"""The configuration of the server under test: the shipped tree, with profiles, lists and numbers of our own."""

import shutil

from harness.bridge import ROOT

from . import network
from .network import SERVER, SERVER_V6, TRUNK

PHONES = [str(number) for number in range(2000, 2060)]
PASSWORD = "telephone-secret"
GATEWAY_PASSWORD = "trunk-secret"

# Port of each profile.
PORTS = {"internal": 5060, "external": 5080, "hasty": 5090, "sealed": 5100, "sixth": 5080, "modern": 5070}
TLS_PORT = 5061

_COMMON = {
    "dialplan": "XML",
    "context": "default",
    "dtmf-type": "rfc2833",
    "rfc2833-pt": "101",
    "enable-timer": "true",
    "session-timeout": "1800",
    "minimum-session-expires": "90",
    "inbound-codec-prefs": "OPUS,G722,PCMU,PCMA",
    "outbound-codec-prefs": "PCMU,PCMA,G722,OPUS",
    "inbound-late-negotiation": "true",
    "enable-100rel": "true",
    "rtp-timeout-sec": "300",
    "rtp-hold-timeout-sec": "1800",
    "log-auth-failures": "true",
}
_TRUSTING = {"auth-calls": "false", "apply-inbound-acl": "trunks", "rtp-secure-media": "forbidden"}

_PROFILES = {
    # Phones: whoever calls or registers says a password. MD5 is all that SIPp knows.
    "internal": {
        "auth-calls": "true",
        "accept-blind-reg": "false",
        "rfc8760-auth-algorithms": "MD5",
        "nonce-ttl": "60",
        "force-register-domain": SERVER,
        "max-registrations-per-extension": "3",
        "liberal-dtmf": "true",
        "tls": "true",
        "tls-sip-port": str(TLS_PORT),
    },
    # Trunks, known by their addresses.
    "external": _TRUSTING,
    # Gives up on silence soon.
    "hasty": {**_TRUSTING, "rtp-timeout-sec": "4"},
    # Takes no call whose sound is in the clear.
    "sealed": {**_TRUSTING, "rtp-secure-media": "mandatory"},
    # As `internal`, with the algorithms that are usual.
    "modern": {"auth-calls": "true", "force-register-domain": SERVER, "rfc8760-auth-algorithms": "SHA-256,MD5"},
    "sixth": _TRUSTING,
}


def write(folder, ports):
    """Writes the tree. `ports` are those of trunks that gateways lead to, by the gateway's name."""
    shutil.copytree(ROOT / "conf", folder)
    shutil.rmtree(folder / "sip_profiles", ignore_errors=True)
    (folder / "sip_profiles").mkdir()
    for name, settings in _PROFILES.items():
        host = SERVER_V6 if name == "sixth" else SERVER
        if host is None:
            continue
        gateways = _gateways(ports) if name == "external" else ""
        params = _params({"sip-ip": host, "rtp-ip": host, "sip-port": PORTS[name], **_COMMON, **settings})
        (folder / f"sip_profiles/{name}.xml").write_text(
            f'<profile name="{name}">\n<gateways>\n{gateways}</gateways>\n<settings>\n{params}</settings>\n</profile>\n'
        )
    variables = folder / "vars.xml"
    variables.write_text(variables.read_text().replace("domain=$${local_ip_v4}", f"domain={SERVER}"))
    (folder / "autoload_configs/sofia.conf.xml").write_text(_SOFIA)
    (folder / "autoload_configs/acl.conf.xml").write_text(_ACL)
    (folder / "directory/default/phones.xml").write_text("<include>\n" + "".join(map(_phone, PHONES)) + "</include>\n")
    dialplan = folder / "dialplan/default.xml"
    dialplan.write_text(
        dialplan.read_text().replace('<context name="default">', f'{_REDIRECTED}<context name="default">{_NUMBERS}', 1)
    )
    return folder


def _params(settings):
    return "".join(f'<param name="{name}" value="{value}"/>\n' for name, value in settings.items())


def _gateways(ports):
    return "".join(
        f'<gateway name="{name}">\n{_params({**_GATEWAYS.get(name, {}), "proxy": f"{TRUNK}:{port}"})}</gateway>\n'
        for name, port in ports.items()
    )


def _registering(name, **more):
    login = {"username": name, "password": GATEWAY_PASSWORD, "realm": "trunk.example", "register": "true"}
    return {**login, "retry-seconds": "5", **{key.replace("_", "-"): value for key, value in more.items()}}


# What a gateway is called says how its registrar behaves: see registrar.py.
_GATEWAYS = {
    "itsp": {"register": "false", "username": "parley", "password": GATEWAY_PASSWORD, "realm": "trunk.example"},
    "pinged": {"register": "false", "ping": "5"},
    "kamailio": _registering("kamailio", expire_seconds="120", timeout_seconds="5"),
    "reg-ok": _registering("reg-ok", expire_seconds="600"),
    "reg-short": _registering("reg-short", expire_seconds="600"),
    "reg-wrong": _registering("reg-wrong"),
    "reg-forbidden": _registering("reg-forbidden"),
    "reg-brief": _registering("reg-brief", expire_seconds="60"),
    "reg-busy": _registering("reg-busy"),
    "reg-silent": _registering("reg-silent", timeout_seconds="6"),
}
REGISTERING = [name for name in _GATEWAYS if name.startswith("reg-")]

_SOFIA = """<configuration name="sofia.conf" description="SIP">
  <global_settings/>
  <profiles>
    <X-PRE-PROCESS cmd="include" data="../sip_profiles/*.xml"/>
  </profiles>
</configuration>
"""

_ACL = f"""<configuration name="acl.conf" description="Who is trusted">
  <network-lists>
    <list name="trunks" default="deny">
      <node type="allow" cidr="{TRUNK}/32"/>
      <node type="allow" cidr="{network.LOSSY}/32"/>
      {f'<node type="allow" cidr="{network.TRUNK_V6}/128"/>' if network.TRUNK_V6 else ""}
    </list>
  </network-lists>
</configuration>
"""


def _phone(user):
    return f"""<user id="{user}">
  <params><param name="password" value="{PASSWORD}"/></params>
  <variables>
    <variable name="user_context" value="default"/>
    <variable name="effective_caller_id_name" value="Phone {user}"/>
    <variable name="effective_caller_id_number" value="{user}"/>
  </variables>
</user>
"""


def _extension(name, number, *actions):
    steps = "".join(f'<action application="{app}" data="{data}"/>' for app, data in actions)
    return f'<extension name="{name}"><condition field="destination_number" expression="{number}">{steps}</condition></extension>\n'


# Where redirected calls end up.
_REDIRECTED = f"""<context name="redirected">
{_extension("moved", "^moved$", ("answer", ""), ("echo", ""))}</context>
"""

# to-PORT-USER calls USER at that port of the trunk's address.
_NUMBERS = "\n" + "".join(
    [
        _extension("to", r"^to-(\d+)-(.+)$", ("bridge", f"sofia/external/$2@{TRUNK}:$1")),
        _extension("desk", r"^desk-(\d+)-(.+)$", ("bridge", f"sofia/external/$2@{network.DESK}:$1")),
        _extension(
            "pcmu", r"^pcmu-(\d+)-(.+)$", ("bridge", f"{{absolute_codec_string=pcmu}}sofia/external/$2@{TRUNK}:$1")
        ),
        _extension(
            "brief", r"^brief-(\d+)-(.+)$", ("set", "call_timeout=3"), ("bridge", f"sofia/external/$2@{TRUNK}:$1")
        ),
        _extension("hasty", r"^hasty-(\d+)-(.+)$", ("bridge", f"sofia/hasty/$2@{TRUNK}:$1")),
        _extension("gateway", r"^gw-([\w-]+)-(\d+)$", ("bridge", "sofia/gateway/$1/$2")),
        _extension(
            "fail over",
            r"^over-(\d+)-(\d+)$",
            ("bridge", f"sofia/external/one@{TRUNK}:$1|sofia/external/two@{TRUNK}:$2"),
        ),
        _extension("cause", r"^cause-(\w+)$", ("hangup", "$1")),
        _extension("deflect", r"^deflect$", ("answer", ""), ("deflect", "sip:elsewhere@example.com"), ("echo", "")),
        _extension(
            "early",
            r"^early$",
            ("pre_answer", ""),
            ("playback", "tone_stream://%(1500,0,620)"),
            ("hangup", "USER_BUSY"),
        ),
        # Seed A, word for word but for the number.
        _extension(
            "seed",
            r"^seed(\d+)$",
            ("answer", ""),
            ("playback", "silence_stream://2000"),
            ("set", "effective_caller_id_name=Seed"),
            ("set", "effective_caller_id_number=5551234"),
            ("bridge", "{absolute_codec_string=pcmu}sofia/gateway/itsp/$1"),
        ),
    ]
)
