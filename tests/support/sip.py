"""A SIP telephone of a few lines over UDP: registers, calls and hangs up, and says how it was answered.

with SipPhone(sip_address(asterisk)) as phone:
    assert phone.register("8001", password) == 200
"""

from __future__ import annotations

import hashlib
import re
import secrets
import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import quote

from tests.support.waiting import PATIENCE

HOST = "127.0.0.5"
RESEND = 0.5
"""Seconds after which an unanswered request is sent again, as SIP over UDP wants."""


@dataclass(frozen=True)
class SipReply:
    """A status line and the headers by lower-case name; of a repeated one the last."""

    status: int
    headers: dict[str, str]


@dataclass(frozen=True)
class SipCall:
    """A call that was answered."""

    user: str
    password: str
    call_id: str
    from_line: str
    to_line: str
    target: str


class SipPhone:
    """One socket on an address of this machine that is not the carrier's, unless ``host`` says so."""

    def __init__(self, server: str, *, host: str = HOST, realm: str = "hotline") -> None:
        self.server, self.realm = server, realm
        name, _, port = server.rpartition(":")
        self._peer = (name, int(port))
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._socket.settimeout(RESEND)
        self.address = f"{host}:{self._socket.getsockname()[1]}"
        self._sequence = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def register(self, user: str, password: str, expires: int = 60, at: str = "") -> int:
        """The final status of a REGISTER with these credentials; ``at``: what rings then, if not we."""
        me = f"<sip:{user}@{self.realm}>"
        headers = {"From": f"{me};tag={secrets.token_hex(4)}", "To": me, "Call-ID": secrets.token_hex(8)}
        headers["Expires"] = str(expires)
        if at:
            headers["Contact"] = f"<sip:{at}>"
        return self._authorised("REGISTER", f"sip:{self.realm}", headers, user, password, "").status

    def call(
        self, called: str, user: str, password: str = "", *, name: str = ""
    ) -> tuple[int, SipCall | None]:
        """The final status of an INVITE, and the call if it was answered.

        ``user`` is what the server is told as the caller's number, sent escaped as a SIP address wants;
        without a password the server has to know us by our address. What is ``called`` is escaped as well.
        """
        uri = f"sip:{quote(called, safe='+;=&')}@{self.realm}"
        mine = f'"{name}" ' if name else ""
        mine += f"<sip:{quote(user, safe='&=+$,')}@{self.realm}>;tag={secrets.token_hex(4)}"
        headers = {"From": mine, "To": f"<{uri}>", "Call-ID": secrets.token_hex(8)}
        headers["Content-Type"] = "application/sdp"
        reply = self._authorised("INVITE", uri, headers, user, password, self._sdp(browser=bool(password)))
        if reply.status != 200:
            return reply.status, None
        target = re.search(r"<([^>]+)>", reply.headers["contact"])
        assert target is not None, reply
        call = SipCall(user, password, headers["Call-ID"], mine, reply.headers["to"], target[1])
        self._acknowledge(call)
        return reply.status, call

    def hang_up(self, call: SipCall) -> int:
        """The final status of the BYE."""
        headers = {"From": call.from_line, "To": call.to_line, "Call-ID": call.call_id}
        return self._authorised("BYE", call.target, headers, call.user, call.password, "").status

    # -- below

    def _acknowledge(self, call: SipCall) -> None:
        headers = {"From": call.from_line, "To": call.to_line, "Call-ID": call.call_id}
        self._send("ACK", call.target, headers, "", self._sequence)

    def _authorised(
        self, method: str, uri: str, headers: dict[str, str], user: str, password: str, body: str
    ) -> SipReply:
        reply = self._transact(method, uri, headers, body)
        if reply.status != 401 or not password:
            return reply
        challenge = dict(re.findall(r'(\w+)="?([^",]+)"?', reply.headers["www-authenticate"]))
        proof = _digest(challenge, method, uri, user, password)
        return self._transact(method, uri, headers | {"Authorization": proof}, body)

    def _transact(self, method: str, uri: str, headers: dict[str, str], body: str) -> SipReply:
        """Send until it is answered; the final answer."""
        self._sequence += 1
        sent, branch = self._send(method, uri, headers, body, self._sequence)
        waited, provisional = 0.0, False
        while waited < PATIENCE:
            try:
                reply = _parsed(self._socket.recv(65536))
            except TimeoutError:
                waited += RESEND
                if not provisional:
                    self._socket.sendto(sent, self._peer)
                continue
            if reply is None or branch not in reply.headers.get("via", ""):
                continue
            if reply.status < 200:
                provisional = True
                continue
            if method == "INVITE" and reply.status >= 300:
                refused = headers | {"To": reply.headers["to"]}
                self._send("ACK", uri, refused, "", self._sequence, branch)
            return reply
        raise AssertionError(f"no answer to {method} within {PATIENCE:.0f} s")

    def _send(
        self, method: str, uri: str, headers: dict[str, str], body: str, number: int, branch: str = ""
    ) -> tuple[bytes, str]:
        branch = branch or f"z9hG4bK{secrets.token_hex(6)}"
        contact = re.search(r"sip:([^@>]*)@", headers["From"])
        assert contact is not None
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.address};branch={branch};rport",
            "Max-Forwards: 70",
            f"CSeq: {number} {method}",
            *([] if "Contact" in headers else [f"Contact: <sip:{contact[1]}@{self.address}>"]),
            *(f"{name}: {value}" for name, value in headers.items() if body or name != "Content-Type"),
            f"Content-Length: {len(body)}",
        ]
        sent = ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
        self._socket.sendto(sent, self._peer)
        return sent, branch

    def _sdp(self, *, browser: bool) -> str:
        """An offer of sound; a browser's has encryption and connectivity, though no sound follows it."""
        host = self.address.partition(":")[0]
        lines = ["v=0", f"o=- 1 1 IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0"]
        if not browser:
            lines += ["m=audio 4000 RTP/AVP 8", "a=rtpmap:8 PCMA/8000"]
            return "\r\n".join(lines) + "\r\n"
        print_ = ":".join(["AB"] * 32)
        lines += ["m=audio 4000 UDP/TLS/RTP/SAVPF 8", "a=rtpmap:8 PCMA/8000", "a=mid:0", "a=sendrecv"]
        lines += ["a=ice-ufrag:abcd", f"a=ice-pwd:{'e' * 24}", f"a=fingerprint:sha-256 {print_}"]
        lines += ["a=setup:actpass", "a=rtcp-mux", f"a=candidate:1 1 UDP 2130706431 {host} 4000 typ host"]
        return "\r\n".join(lines) + "\r\n"


def _parsed(packet: bytes) -> SipReply | None:
    """A reply; None for a request, which this telephone does not answer."""
    head = packet.decode("utf-8", "replace").partition("\r\n\r\n")[0].split("\r\n")
    if not head[0].startswith("SIP/2.0 "):
        return None
    pairs = (line.partition(":") for line in head[1:])
    headers: dict[str, str] = {}
    for name, _, value in pairs:
        # Of several challenges the one with MD5, which every server still offers.
        if name.lower() != "www-authenticate" or "MD5" in value or name.lower() not in headers:
            headers[name.lower()] = value.strip()
    return SipReply(int(head[0].split(" ")[1]), headers)


def _digest(challenge: dict[str, str], method: str, uri: str, user: str, password: str) -> str:
    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    nonce, realm, own = challenge["nonce"], challenge["realm"], secrets.token_hex(8)
    secret, asked = md5(f"{user}:{realm}:{password}"), md5(f"{method}:{uri}")
    answer = md5(f"{secret}:{nonce}:00000001:{own}:auth:{asked}")
    parts = f'username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", response="{answer}"'
    tail = f', algorithm=MD5, qop=auth, nc=00000001, cnonce="{own}"'
    opaque = f', opaque="{challenge["opaque"]}"' if "opaque" in challenge else ""
    return f"Digest {parts}{tail}{opaque}"
