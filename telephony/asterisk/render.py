"""Configuration files from settings: templates in ``conf/`` with ``@NAME@`` where a value goes."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from hotline.errors import ConfigurationError
from telephony.asterisk.music import write_music
from telephony.asterisk.portblock import Ports
from telephony.asterisk.program import Program
from telephony.asterisk.prompts import link_prompts
from telephony.asterisk.settings import DEMO_CARRIER, AsteriskSettings, Trunk
from telephony.desk_phones import DeskPhones

TEMPLATES = Path(__file__).parent / "conf"
AMI_USER = "hotline"
ARI_USER = "hotline"
EMPTY = (
    "acl", "aeap", "ccss", "cel", "cli_aliases", "cli_permissions", "codecs", "dnsmgr", "features",
    "pjproject", "pjsip_notify", "queuerules", "resolver_unbound", "stasis", "udptl", "websocket_client",
)  # fmt: skip
"""Files that Asterisk complains about when they are missing."""
SPECIAL = re.compile(r"[,;'\"$\\{}\[\]()&|^<>*?#~!`@\x00-\x1f]")
"""What would mean something to the dialplan, to a configuration file or to a shell."""

DESK_PENALTY = 5
"""Of desk phones in the plain queue; agents who were last known ready have 0."""
LONGEST_CALLED = 24
"""Digits of a number that a citizen may have dialled."""


class Folders:
    """Where one Asterisk keeps its things below ``home``."""

    def __init__(self, home: Path, socket_folder: Path) -> None:
        self.home = home
        self.etc = home / "etc"
        self.state = home / "state"
        self.share = home / "share"
        self.spool = home / "spool"
        self.log = home / "log"
        self.run = socket_folder

    def make(self) -> None:
        """Make what is missing. Raises ``ConfigurationError`` ("telephony_folder", ``path``)."""
        if found := SPECIAL.search(str(self.home)):
            raise ConfigurationError("telephony_folder", path=str(self.home), character=found[0])
        for folder in (self.etc, self.state / "keys", self.share, self.spool, self.log / "cdr-csv", self.run):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def values(self, program: Program) -> dict[str, str]:
        """The values of asterisk.conf."""
        names = {n: str(getattr(self, n.lower())) for n in ("ETC", "STATE", "SHARE", "SPOOL", "LOG", "RUN")}
        return names | {"MODULES": f"astmoddir => {program.modules}" if program.modules else ""}


def render_product(settings: AsteriskSettings, ports: Ports, program: Program, folders: Folders) -> None:
    """Write everything that the product's exchange reads. Raises ``ConfigurationError``.

    Codes: "telephony_folder", "telephony_value" (a setting with a character that no configuration file
    could carry).
    """
    folders.make()
    for folder in (settings.recordings, settings.recordings / "live"):
        folder.mkdir(mode=0o700, exist_ok=True)
    values = folders.values(program) | _numbers(settings, ports) | _plain(settings, ports)
    values |= {"TLS": _tls(settings, ports), "PUBLIC": _public(settings), "TRUNK": _trunk(settings, ports)}
    values |= _desk_phones(settings)
    render(TEMPLATES, folders.etc, values)
    share(program, folders)
    link_prompts(settings.folder / "sounds", folders.share / "sounds")
    music = folders.share / "moh" / "waiting.wav"
    if not music.exists():
        music.parent.mkdir(exist_ok=True)
        write_music(music)


def _desk_phones(settings: AsteriskSettings) -> dict[str, str]:
    phones = DeskPhones(settings.desk_phones).all()
    accounts = [_part("pjsip-desk-phone", {"USER": one.user, "PASSWORD": one.password}) for one in phones]
    members = [f"member => PJSIP/{one.user},{DESK_PENALTY},{one.user}" for one in phones]
    return {"DESK_PHONES": "\n".join(accounts), "DESK_MEMBERS": "\n".join(members)}


def render(templates: Path, etc: Path, values: Mapping[str, str]) -> None:
    """Every ``*.conf`` of ``templates`` into ``etc``, readable by this account only."""
    for name in EMPTY:
        _write(etc / f"{name}.conf", "")
    for template in sorted(templates.glob("*.conf")):
        _write(etc / template.name, fill(template.read_text("utf-8"), values))


def fill(text: str, values: Mapping[str, str]) -> str:
    """``text`` with each ``@NAME@`` replaced; a name without value is a defect (KeyError)."""
    return re.sub(r"@([A-Z_]+)@", lambda found: values[found[1]], text)


def plain(name: str, value: str) -> str:
    """``value`` as a configuration file carries it; ``ConfigurationError`` ("telephony_value", ``name``)."""
    if any(ord(letter) < 32 for letter in value) or value != value.strip():
        raise ConfigurationError("telephony_value", name=name)
    return value.replace(";", "\\;")


def share(program: Program, folders: Folders) -> None:
    """Link what the packages bring (documentation, English sounds) into the folder of shared data."""
    _link(folders.share / "documentation", program.data / "documentation")
    english = folders.share / "sounds" / "en"
    english.mkdir(parents=True, exist_ok=True)
    # Debian names the folder after its speaker.
    for entry in sorted((program.data / "sounds").glob("en*/*")):
        _link(english / entry.name, entry)


def _numbers(settings: AsteriskSettings, ports: Ports) -> dict[str, str]:
    numbers = {"AMI": ports.ami, "HTTP": ports.http, "RTP_FIRST": ports.rtp_first, "RTP_LAST": ports.rtp_last}
    numbers |= {"STALE": settings.stale, "MAX_WAIT": settings.max_wait, "RING": settings.ring}
    return {name: str(value) for name, value in (numbers | {"WEB_CALLS": settings.web_calls}).items()}


def _plain(settings: AsteriskSettings, ports: Ports) -> dict[str, str]:
    bracketed = _bracketed(plain("sip_host", settings.host))
    return {
        "AMI_USER": AMI_USER,
        "AMI_PASSWORD": plain("ami", settings.ami_password),
        "ARI_USER": ARI_USER,
        "ARI_PASSWORD": plain("ari", settings.ari_password),
        "LANGUAGE": settings.language,
        "NAME": r"a-zA-Z0-9._\x2d",
        "RECORDINGS": str(settings.recordings),
        "SIP_HOST": bracketed,
        "TRUNK_NUMBERS": _trunk_numbers(),
        "SIP_ADDRESS": f"{bracketed}:{ports.sip}",
    }


def _trunk_numbers() -> str:
    """What the carrier may dial here. One pattern for each length: ``.`` would match line breaks too."""
    patterns = (f"_[+0-9]{'X' * more}" for more in range(LONGEST_CALLED))
    return "\n".join(f"exten => {one},1,Gosub(acd-trunk,s,1(${{EXTEN}}))" for one in patterns)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _part(name: str, values: Mapping[str, str]) -> str:
    return fill((TEMPLATES / f"{name}.part").read_text("utf-8"), values)


def _tls(settings: AsteriskSettings, ports: Ports) -> str:
    if settings.certificate is None or settings.certificate_key is None:
        return ""
    values = {
        "WSS_ADDRESS": f"{_bracketed(settings.host)}:{ports.wss}",
        "CERTIFICATE": plain("certificate", str(settings.certificate.absolute())),
        "CERTIFICATE_KEY": plain("certificate_key", str(settings.certificate_key.absolute())),
    }
    return _part("http-tls", values)


def _public(settings: AsteriskSettings) -> str:
    if not settings.public_address:
        return ""
    return _part("pjsip-public", {"PUBLIC_ADDRESS": plain("sip_public_address", settings.public_address)})


def _trunk(settings: AsteriskSettings, ports: Ports) -> str:
    trunk = settings.trunk
    if not trunk.host:
        if settings.host != "127.0.0.1":
            return ""
        demo = Trunk(host=f"{DEMO_CARRIER}:{ports.carrier}", addresses=(DEMO_CARRIER,))
        media = "media_address = 127.0.0.1\nbind_rtp_to_media_address = yes"
        return _part("pjsip-trunk", _trunk_values(demo) | {"TRUNK_MEDIA": media, "TRUNK_QUALIFY": "0"})
    return _part("pjsip-trunk", _trunk_values(trunk) | {"TRUNK_MEDIA": "", "TRUNK_QUALIFY": "60"})


def _trunk_values(trunk: Trunk) -> dict[str, str]:
    domain = re.sub(r":\d+$", "", trunk.host)
    values = {
        "TRUNK_HOST": plain("trunk_host", trunk.host),
        "TRUNK_DOMAIN": plain("trunk_host", domain),
        "TRUNK_MATCH": plain("trunk_addresses", ",".join(trunk.addresses) or domain),
        "TRUNK_TRANSPORT": trunk.transport,
        "TRUNK_USER": plain("trunk_user", trunk.user),
        "TRUNK_PASSWORD": plain("trunk_password", trunk.password),
    }
    login = bool(trunk.user)
    return values | {
        "TRUNK_LOGIN": _part("pjsip-trunk-login", values) if login else "",
        "TRUNK_REGISTRATION": _part("pjsip-trunk-registration", values) if login else "",
    }


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() or link.exists():
        if os.path.realpath(link) == os.path.realpath(target):
            return
        link.unlink()
    link.symlink_to(target.absolute())


def _write(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
