"""A SIP agent by hand, for what SIPp cannot do or does too well: odd orders, two calls at once, broken pieces."""

import asyncio
import itertools
import secrets
import time

from . import network
from .message import Message, sdp

_ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY"


class Agent:
    """One socket. Calls of its own are made by `call`, those of others come out of `incoming`."""

    def __init__(self, host, to):
        self.host = host
        self.server = to
        self.transport = "UDP"
        self.calls = {}
        self.received = []  # (seconds, message), copies too
        self._incoming = asyncio.Queue()

    @classmethod
    async def udp(cls, host, to, port=0):
        agent = cls(host, to)
        loop = asyncio.get_running_loop()
        agent._transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(agent), local_addr=(host, port))
        agent.port = agent._transport.get_extra_info("sockname")[1]
        return agent

    @classmethod
    async def tcp(cls, host, to):
        agent = cls(host, to)
        agent.transport = "TCP"
        reader, agent._writer = await asyncio.wait_for(asyncio.open_connection(*to, local_addr=(host, 0)), 5)
        agent.port = agent._writer.get_extra_info("sockname")[1]
        agent._reading = asyncio.ensure_future(agent._read(reader))
        return agent

    def close(self):
        if self.transport == "TCP":
            self._reading.cancel()
            self._writer.close()
        else:
            self._transport.close()

    @property
    def name(self):
        """The host as it stands in a URI."""
        return f"[{self.host}]" if ":" in self.host else self.host

    # MARK: Bytes

    def send(self, message, to=None):
        data = message if isinstance(message, bytes) else bytes(message)
        if self.transport == "TCP":
            self._writer.write(data)
        else:
            self._transport.sendto(data, to or self.server)

    async def _read(self, reader):
        self.pongs = 0
        while True:
            line = await reader.readline()
            if not line:
                return self.arrived(None)
            if line == b"\r\n":
                self.pongs += 1
                continue
            head = line + await reader.readuntil(b"\r\n\r\n")
            length = int(Message.parse(head).get("Content-Length"))
            self.arrived(head + await reader.readexactly(length))

    def arrived(self, data, source=None):
        if data is None:
            for call in self.calls.values():
                call.queue.put_nowait(None)
            return
        if not data.strip():
            return
        message = Message.parse(data)
        # Sound for somebody whose port was next to ours.
        if not message.get("From"):
            return
        message.source = source
        self.received.append((time.monotonic(), message))
        call = self.calls.get(message.call_id)
        if call is None and message.status is None and message.method != "ACK":
            call = self.calls[message.call_id] = Call(self, message.call_id, invitation=message)
            call.seen.add(data)
            self._incoming.put_nowait(call)
        elif call and data not in call.seen:
            call.seen.add(data)
            if not call.follows(message):
                call.queue.put_nowait(message)

    # MARK: Calls

    def call(self, user, **rest):
        call = Call(self, f"{secrets.token_hex(8)}@{self.name}", user=user, **rest)
        self.calls[call.id] = call
        return call

    async def incoming(self, method=None, within=10):
        """The next call, or whatever else begins with a request of its own Call-ID; others than `method` are left out."""
        while True:
            call = await asyncio.wait_for(self._incoming.get(), within)
            if method in (None, call.invitation.method):
                return call

    def times(self, call, what):
        """When each copy of these messages came, such as 200 or "BYE"."""
        return [at for at, each in self.received if each.call_id == call.id and what in (each.status, each.method)]


class Call:
    """Everything with one Call-ID, from one side."""

    _numbers = itertools.count(1)

    def __init__(self, agent, identifier, user=None, invitation=None, domain=None):
        self.agent = agent
        self.id = identifier
        self.queue = asyncio.Queue()
        self.seen = set()
        self.tag = secrets.token_hex(4)
        self.number = 0
        self.sent = {}
        self._branches = set()
        self.invitation = self.last_request = invitation
        self.remote_tag = invitation.tag("From") if invitation else None
        self.target = invitation.contact if invitation and invitation.get("Contact") else None
        self.routes = invitation.all("Record-Route") if invitation else []
        host, port = agent.server or (network.SERVER, 5060)
        server = f"[{host}]" if ":" in host else host
        self.user = user or (invitation.user if invitation else "")
        self.local = f"<sip:hand@{domain or agent.name}>"
        self.remote = f"<sip:{self.user}@{domain or server}>"
        self.uri = f"sip:{self.user}@{server}:{port}"
        self.peer = None
        self._obedient = None
        self._expects_ack = False
        if invitation:
            self.local, self.remote = invitation.get("To"), invitation.get("From").partition(";tag=")[0]
            self.peer = invitation.source

    # MARK: Requests of ours

    def request(self, method, body="", headers=(), number=None, branch=None, uri=None):
        """A request of this call, not sent yet. `headers` come instead of those of the same name; None leaves one out."""
        if method not in ("ACK", "CANCEL"):
            self.number = number or self.number + 1
        branch = branch or f"z9hG4bK{secrets.token_hex(8)}"
        self._branches.add(branch)
        tag = f";tag={self.remote_tag}" if self.remote_tag and method != "CANCEL" else ""
        fields = {
            "Via": f"SIP/2.0/{self.agent.transport} {self.agent.name}:{self.agent.port};branch={branch};rport",
            "From": f"{self.local};tag={self.tag}",
            "To": f"{self.remote}{tag}",
            "Call-ID": self.id,
            "CSeq": f"{number or self.number} {method}",
            "Max-Forwards": "70",
            "Contact": f"<{self.contact}>",
            "Allow": _ALLOW,
        }
        if body and "Content-Type" not in dict(headers):
            fields["Content-Type"] = "application/sdp"
        fields.update(headers)
        message = Message(
            f"{method} {uri or self.target or self.uri} SIP/2.0", [each for each in fields.items() if each[1]], body
        )
        message.headers += [("Route", each) for each in self.routes]
        return message

    @property
    def contact(self):
        return f"sip:hand@{self.agent.name}:{self.agent.port};transport={self.agent.transport.lower()}"

    def send(self, method, body="", headers=(), **rest):
        message = self.request(method, body, headers, **rest)
        self.sent[method] = message
        self.agent.send(message, self.peer)
        return message

    def invite(self, port=40000, headers=(), body=None, **rest):
        return self.send("INVITE", sdp(self.agent.host, port) if body is None else body, headers, **rest)

    def ack(self, body="", headers=()):
        """For the last final response: in its own transaction after a failure."""
        invite = self.sent["INVITE"]
        failed = self.last_final >= 300
        return self.send(
            "ACK",
            body,
            headers,
            number=invite.number,
            branch=invite.branch if failed else None,
            uri=invite.uri if failed else None,
        )

    def cancel(self):
        invite = self.sent["INVITE"]
        return self.send("CANCEL", number=invite.number, branch=invite.branch, uri=invite.uri)

    async def hang_up(self):
        self.send("BYE")
        await self.expect(200)

    async def establish(self, port=40000, **rest):
        """Calls and is answered. Returns the 200."""
        self.invite(port, **rest)
        answer = await self.expect(200)
        self.ack()
        return answer

    # MARK: Replies of ours

    def reply(self, status, body="", headers=(), to=None, tag=None, reason="Test"):
        """To the last request that came, or to `to`."""
        request = to or self.last_request
        own = f";tag={tag or self.tag}" if ";tag=" not in request.get("To") and status != 100 else ""
        fields = [("Via", each) for each in request.all("Via")] + [
            ("Record-Route", each) for each in request.all("Record-Route")
        ]
        fields += [
            ("From", request.get("From")),
            ("To", request.get("To") + own),
            ("Call-ID", self.id),
            ("CSeq", request.get("CSeq")),
        ]
        if "Contact" not in dict(headers):
            fields.append(("Contact", f"<{self.contact}>"))
        if body:
            fields.append(("Content-Type", "application/sdp"))
        message = Message(f"SIP/2.0 {status} {reason}", [*fields, *dict(headers).items()], body)
        self.agent.send(message, getattr(request, "source", None))
        return message

    def answer(self, port=40000, **rest):
        return self.reply(200, sdp(self.agent.host, port), **rest)

    # MARK: What comes

    async def expect(self, *wanted, within=8, but=(100, 180, 183)):
        """The next message that is none of `but` and no copy: it has to be one of `wanted`, such as 200 or "BYE"."""
        deadline = time.monotonic() + within
        while True:
            try:
                message = await asyncio.wait_for(self.queue.get(), max(0.01, deadline - time.monotonic()))
            except asyncio.TimeoutError:
                raise AssertionError(f"no {wanted} within {within} s; {self.history()}") from None
            assert message is not None, f"connection closed while waiting for {wanted}; {self.history()}"
            if message.status is None:
                self.last_request = message
            what = message.status or message.method
            if what not in wanted and what in but:
                continue
            assert what in wanted, f"{message} instead of {wanted}; {self.history()}"
            self._learn(message)
            return message

    def obey(self, port):
        """From now on changes of the session are accepted by themselves, with sound at `port`."""
        self._obedient = port

    def follows(self, message):
        """Whether a message was dealt with because we obey."""
        if self._obedient is None:
            return False
        if message.method in ("INVITE", "UPDATE") and message.status is None:
            self._expects_ack = message.method == "INVITE"
            held = {"a=sendonly": "recvonly", "a=inactive": "inactive"}
            direction = next((ours for theirs, ours in held.items() if theirs in message.body), "sendrecv")
            has_body = message.body or message.method == "INVITE"
            self.reply(
                200,
                sdp(self.agent.host, self._obedient, version=2, direction=direction) if has_body else "",
                to=message,
            )
            return True
        was_expected, self._expects_ack = self._expects_ack and message.method == "ACK", False
        return was_expected

    async def silence(self, seconds):
        """Nothing new comes for so long."""
        try:
            message = await asyncio.wait_for(self.queue.get(), seconds)
        except asyncio.TimeoutError:
            return
        raise AssertionError(f"{message} though nothing should come; {self.history()}")

    def _learn(self, message):
        if message.status:
            assert message.branch in self._branches, f"{message} has another request's branch: {message.get('Via')}"
            assert len(message.all("Via")) == 1, f"{message} has several Vias: {message.all('Via')}"
            assert message.status == 100 or message.tag("To"), f"{message} has no tag"
        if message.status and message.method == "INVITE":
            if message.status >= 200:
                self.last_final = message.status
            self.remote_tag = message.tag("To") or self.remote_tag
            if 101 <= message.status < 300 and message.get("Contact"):
                self.target = message.contact
            if 200 <= message.status < 300:
                self.routes = message.all("Record-Route")[::-1]

    def history(self):
        came = [str(each) for _, each in self.agent.received if each.call_id == self.id]
        return f"received {came[-12:]}"


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, agent):
        self._agent = agent

    def datagram_received(self, data, source):
        self._agent.arrived(data, source)
