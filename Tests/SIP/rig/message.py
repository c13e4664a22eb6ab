"""SIP messages as these tests need them: split into lines, put together again, and nothing checked."""

import re

_COMPACT = {
    "v": "via",
    "f": "from",
    "t": "to",
    "m": "contact",
    "i": "call-id",
    "c": "content-type",
    "l": "content-length",
}


class Message:
    def __init__(self, start, headers, body=""):
        self.start = start
        self.headers = list(headers)
        self.body = body

    @classmethod
    def parse(cls, data):
        head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        start, *lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
        headers = [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        return cls(start, headers, body)

    def __bytes__(self):
        body = self.body.encode()
        lines = [
            self.start,
            *(f"{name}: {value}" for name, value in self.headers),
            f"Content-Length: {len(body)}",
            "",
            "",
        ]
        return "\r\n".join(lines).encode() + body

    def __str__(self):
        return self.start

    def all(self, name):
        name = name.lower()
        return [value for key, value in self.headers if _COMPACT.get(key.lower(), key.lower()) == name]

    def get(self, name):
        return next(iter(self.all(name)), None)

    @property
    def status(self):
        return int(self.start.split(" ", 2)[1]) if self.start.startswith("SIP/2.0 ") else None

    @property
    def method(self):
        """Of a request its method, of a response that of its request."""
        return self.get("CSeq").split()[1] if self.status else self.start.split(" ")[0]

    @property
    def uri(self):
        return self.start.split(" ")[1]

    @property
    def user(self):
        """The user part of the request's URI."""
        return self.uri.partition(":")[2].partition("@")[0]

    @property
    def number(self):
        """Of CSeq."""
        return int(self.get("CSeq").split()[0])

    @property
    def call_id(self):
        return self.get("Call-ID")

    @property
    def branch(self):
        return parameter(self.get("Via"), "branch")

    @property
    def contact(self):
        """The URI in Contact."""
        return re.search(r"<([^>]*)>|(\S+)", self.get("Contact"))[1]

    def tag(self, name):
        return parameter(self.get(name), "tag")


def parameter(value, name):
    found = re.search(rf";\s*{name}\s*=\s*\"?([^;,\s\"]+)", value or "", re.IGNORECASE)
    return found[1] if found else None


def sdp(host, port, formats="0 101", *, version=1, profile="RTP/AVP", more="", direction="sendrecv"):
    """A description with one line of audio: PCMU and telephone events, unless `formats` and `more` say otherwise."""
    family = 6 if ":" in host else 4
    lines = [
        "v=0",
        f"o=- 30 {version} IN IP{family} {host}",
        "s=-",
        f"c=IN IP{family} {host}",
        "t=0 0",
        f"m=audio {port} {profile} {formats}",
        *more.split("\n"),
        f"a={direction}",
    ]
    if "101" in formats.split():
        lines[6:6] = ["a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15"]
    return "".join(f"{line}\r\n" for line in lines if line)
