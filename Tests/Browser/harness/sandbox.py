"""A network and a process tree of our own, made by unshare(1) and gone with us whatever happens.

Firefox never uses the loopback interface for media, so the bridge and the browsers live in a network namespace whose
one real interface is half of a veth pair. A process namespace ends everything that was started in it with its first
process, which is us: nothing is left behind, even by SIGKILL.
"""

import os
import shutil
import subprocess
import sys

ADDRESS = "10.77.0.1"
INSIDE = "PARLEY_BROWSER_SANDBOX"

_PROCESSES = ["--pid", "--fork", "--mount-proc", "--kill-child"]
# As root; as anybody else, where the kernel lets users have namespaces.
_WAYS = [["--net", *_PROCESSES], ["--user", "--map-root-user", "--net", *_PROCESSES]]


def is_inside():
    return os.environ.get(INSIDE) == "1"


def enter():
    """Starts this program again inside, and does not return; returns the reason when that is not possible."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if not shutil.which("unshare") or not shutil.which("ip"):
        return "unshare or ip is not installed"
    reason = ""
    for way in _WAYS:
        trial = subprocess.run(["unshare", *way, "sh", "-c", _NETWORK], capture_output=True, text=True)
        if trial.returncode == 0:
            os.environ[INSIDE] = "1"
            sys.stdout.flush()
            os.execvp("unshare", ["unshare", *way, sys.executable, *sys.argv])
        reason = trial.stderr.strip().replace("\n", "; ")
    return reason


def make_network():
    """Called once, inside."""
    subprocess.run(["sh", "-c", _NETWORK], check=True)


_NETWORK = f"""
set -e
ip link set lo up
ip link add parley0 type veth peer name parley1
ip address add {ADDRESS}/24 dev parley0
ip link set parley0 up
ip link set parley1 up
"""


class _Rule:
    """A rule of nftables that holds inside a `with`."""

    def __init__(self, hook, rule):
        self._text = (
            "add table inet parley\n"
            f"add chain inet parley test {{ type filter hook {hook} priority 0; }}\n"
            f"add rule inet parley test {rule}\n"
        )

    def __enter__(self):
        subprocess.run(["nft", "-f", "-"], input=self._text, text=True, check=True, capture_output=True)

    def __exit__(self, *_):
        subprocess.run(["nft", "delete", "table", "inet", "parley"], check=True, capture_output=True)


class Cut(_Rule):
    """While it lasts, every TCP packet towards `port` is answered with a reset.

    So clients lose their connections with the next packet they send, be it an acknowledgement, and cannot make new
    ones; the server is not told.
    """

    def __init__(self, port):
        super().__init__("output", f"tcp dport {port} reject with tcp reset")


class Loss(_Rule):
    """While it lasts, so many of a hundred UDP packets get lost, on their way to the bridge as well as from it.

    They are dropped where they arrive: who sends a packet that is dropped on its way out is told so.
    """

    def __init__(self, percent):
        super().__init__("input", f"meta l4proto udp numgen random mod 100 < {percent} drop")
