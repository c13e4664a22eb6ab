"""Addresses, so that trunks, phones and attackers are told apart by where they come from."""

import socket
import subprocess

from harness import sandbox

_PREFIX = "10.77.0." if sandbox.is_inside() else "127.77.0."


def address(host):
    return f"{_PREFIX}{host}"


SERVER = address(1)
# On the list of trunks: its calls are taken as they are.
TRUNK = address(20)
# On no list: has to say a password.
PHONE = address(30)
# One for each who misbehaves, since whoever does is shut out for a while.
STRANGER, SCANNER, FLOODER, GUESSER = (address(host) for host in (40, 41, 42, 43))
# Loses packets while a test wants that.
LOSSY = address(50)
# Where baresip and linphone are: on an interface of their own, since baresip takes the first address of one.
DESK = address(60)
DESK_INTERFACE = "desk0"

SERVER_V6, TRUNK_V6 = ("fd77::1", "fd77::20") if sandbox.is_inside() else (None, None)


def make():
    """Called once, inside the sandbox."""
    sandbox.make_network()
    hosts = [*(f"{_PREFIX}{host}/24" for host in (20, 30, 40, 41, 42, 43, 50)), f"{SERVER_V6}/64", f"{TRUNK_V6}/64"]
    for each in hosts:
        quick = ["nodad"] if ":" in each else []  # nobody else is there: no need to look for seconds
        subprocess.run(["ip", "address", "add", each, "dev", "parley0", *quick], check=True)
    for words in (
        ["link", "add", DESK_INTERFACE, "type", "veth", "peer", "name", "desk1"],
        ["address", "add", f"{DESK}/32", "dev", DESK_INTERFACE],
        ["link", "set", DESK_INTERFACE, "up"],
        ["link", "set", "desk1", "up"],
    ):
        subprocess.run(["ip", *words], check=True)


def free_port(host=SERVER):
    """A port that is free on `host` for UDP and TCP."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        with socket.socket(family, socket.SOCK_DGRAM) as udp, socket.socket(family, socket.SOCK_STREAM) as tcp:
            udp.bind((host, 0))
            port = udp.getsockname()[1]
            try:
                tcp.bind((host, port))
            except OSError:
                continue
            if port not in _given:  # somebody will bind it soon
                _given.add(port)
                return port


_given = set()


class Loss:
    """While it lasts, so many of a hundred UDP packets from and to `host` get lost where they arrive."""

    def __init__(self, host, percent):
        self._rules = "add table inet loss\nadd chain inet loss test { type filter hook input priority 0; }\n" + "".join(
            f"add rule inet loss test ip {side} {host} meta l4proto udp numgen random mod 100 < {percent} counter drop\n"
            for side in ("saddr", "daddr")
        )

    def __enter__(self):
        subprocess.run(["nft", "-f", "-"], input=self._rules, text=True, check=True, capture_output=True)
        return self

    def lost(self):
        """How many were lost so far."""
        listing = subprocess.run(["nft", "list", "table", "inet", "loss"], capture_output=True, text=True).stdout
        return sum(
            int(words[words.index("packets") + 1])
            for words in map(str.split, listing.splitlines())
            if "packets" in words
        )

    def __exit__(self, *_):
        subprocess.run(["nft", "delete", "table", "inet", "loss"], check=True, capture_output=True)
