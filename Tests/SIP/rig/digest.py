"""Digest authentication, from both sides (RFC 7616, RFC 8760)."""

import hashlib
import re
import secrets

_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


def parameters(header):
    """Of a challenge or of credentials."""
    return {
        name.lower(): quoted or plain
        for name, quoted, plain in re.findall(r'([\w-]+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))', header)
    }


def response(fields, method, username, password):
    """What `response` has to be for credentials with these fields."""
    digest = lambda text: _HASHES[fields.get("algorithm", "MD5").upper()](text.encode()).hexdigest()
    secret, what = digest(f"{username}:{fields['realm']}:{password}"), digest(f"{method}:{fields['uri']}")
    if "qop" not in fields:
        return digest(f"{secret}:{fields['nonce']}:{what}")
    return digest(":".join([secret, fields["nonce"], fields["nc"], fields["cnonce"], fields["qop"], what]))


def challenge_in(message, algorithm=None):
    """The fields of the first challenge, or of that with this algorithm."""
    headers = message.all("WWW-Authenticate") + message.all("Proxy-Authenticate")
    found = [parameters(each) for each in headers]
    return next(each for each in found if algorithm is None or each.get("algorithm", "MD5").upper() == algorithm)


def credentials(challenge, method, uri, username, password, count=1):
    """A header's value that answers `challenge`."""
    fields = {
        "realm": challenge["realm"],
        "nonce": challenge["nonce"],
        "uri": uri,
        "algorithm": challenge.get("algorithm", "MD5"),
        "cnonce": secrets.token_hex(4),
        "nc": f"{count:08x}",
        "qop": "auth",
    }
    fields["response"] = response(fields, method, username, password)
    quoted = {"username": username, **{name: fields[name] for name in ("realm", "nonce", "uri", "cnonce", "response")}}
    if "opaque" in challenge:
        quoted["opaque"] = challenge["opaque"]
    plain = {name: fields[name] for name in ("algorithm", "nc", "qop")}
    return "Digest " + ", ".join(
        [
            *(f'{name}="{value}"' for name, value in quoted.items()),
            *(f"{name}={value}" for name, value in plain.items()),
        ]
    )


def answer_to(message, asked):
    """The credentials in `message` that are for this challenge; there may be others, kept from before."""
    headers = message.all("Authorization") + message.all("Proxy-Authorization")
    nonce = parameters(asked)["nonce"]
    return next((each for each in headers if parameters(each).get("nonce") == nonce), "")


def challenge(realm, algorithm="MD5", stale=False):
    text = f'Digest realm="{realm}", nonce="{secrets.token_hex(12)}", algorithm={algorithm}, qop="auth", opaque="kept"'
    return text + (", stale=true" if stale else "")


def is_right(message, password, asked):
    """Whether a request answers the challenge `asked` with this password, with each field as the grammar wants it."""
    header = answer_to(message, asked)
    fields, challenged = parameters(header), parameters(asked)
    assert all(fields.get(name) == challenged[name] for name in ("realm", "nonce", "opaque")), f"{header} for {asked}"
    assert not re.search(r'\b(qop|nc|algorithm)="', header), f"quoted where it must not be: {header}"
    return fields["response"] == response(fields, message.method, fields["username"], password)
