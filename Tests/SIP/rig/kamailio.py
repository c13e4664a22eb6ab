"""Kamailio, somebody else's registrar and proxy: asks for SHA-256, and stays in the path of calls."""

import shutil

from harness.process import Process

from .network import TRUNK
from .tree import GATEWAY_PASSWORD

_PROGRAM = shutil.which("kamailio") or ("/usr/sbin/kamailio" if shutil.which("/usr/sbin/kamailio") else None)


def is_installed():
    return _PROGRAM is not None


async def start(folder, port):
    (folder / "kamailio").mkdir()
    config = folder / "kamailio/kamailio.cfg"
    config.write_text(
        _CONFIG.replace("ADDRESS", f"{TRUNK}:{port}").replace("PASSWORD", GATEWAY_PASSWORD).replace("HOST", TRUNK)
    )
    # It answers over streams only with -DD, and wants its own folders.
    arguments = [
        _PROGRAM,
        "-DD",
        "-E",
        "-f",
        config,
        "-Y",
        folder / "kamailio",
        "-P",
        folder / "kamailio/pid",
        "-m",
        "32",
        "-M",
        "4",
    ]
    return await Process.start(arguments, folder / "kamailio.log")


# A number is the port of the trunk's address where the call goes on.
_CONFIG = """#!KAMAILIO
debug=1
log_stderror=yes
children=1
auto_aliases=no
listen=udp:ADDRESS
listen=tcp:ADDRESS
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/:/usr/lib/aarch64-linux-gnu/kamailio/modules/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "auth.so"
modparam("auth", "algorithm", "SHA-256")
modparam("auth", "qop", "auth")
modparam("registrar", "min_expires", 60)
modparam("registrar", "default_expires", 120)
request_route {
  if (!mf_process_maxfwd_header("70")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  if (has_totag()) {
    if (loose_route() || (is_method("ACK") && t_check_trans())) t_relay();
    else if (!is_method("ACK")) sl_send_reply("481", "No Such Dialog");
    exit;
  }
  t_check_trans();
  if (is_method("REGISTER")) {
    if (!pv_auth_check("trunk.example", "PASSWORD", "0", "0")) { www_challenge("trunk.example", "1"); exit; }
    save("location");
    exit;
  }
  if (!pv_auth_check("trunk.example", "PASSWORD", "0", "0")) { proxy_challenge("trunk.example", "1"); exit; }
  consume_credentials();
  record_route();
  $ru = "sip:bob@HOST:" + $rU;
  t_relay();
}
"""
