"""Debian's packages without root: an apt whose state is all its own, and an unpacked tree.

Nothing of the machine changes. The mirrors are those that the machine's own apt settings name.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from hotline.errors import ConfigurationError

Say = Callable[[str], None]

SUITES = ("testing", "sid")
"""Stable Debian has no Asterisk."""
PACKAGES = ("asterisk", "asterisk-modules", "asterisk-core-sounds-en-gsm")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# What packages want for their installation, which does not take place.
NOT_NEEDED = re.compile(
    r"(perl|libperl|debconf|systemd|libsystemd-shared|libpam|pam|coreutils|dpkg|tar_|login|passwd|adduser|gnupg|gpg"
    r"|dirmngr|pinentry|libsnmp|sensible|ucf|base-|bash|dash|util-linux|mount|init|e2fs|asterisk-config-custom)"
)
TROUBLES = (
    r"^[EW]: (Failed to fetch .+)$",
    r"^Err:\d+ (.+(?:\n {2}.+)?)$",
    r"^\W*(Could not resolve .+)$",
    r"^E: (.+)$",
)
"""Lines of apt that say why, the most telling first."""
LEFT_OUT = ("doc", "man", "locale", "lintian", "info", "snmp", "perl", "perl5")


def download(folder: Path, say: Say) -> Sequence[Path]:
    """The packages and all that they need, in ``folder``; tried suite by suite, mirror by mirror.

    Raises ``ConfigurationError`` ("asterisk_no_packages", ``reason`` of the last try).
    """
    reason = "the machine's apt settings name no mirror"
    for mirror in _mirrors(folder):
        for suite in SUITES:
            say(f"asterisk: asking for the packages of Debian {suite} ...")
            options = _private_apt(folder, mirror, suite)
            try:
                _apt(options, "update")
                return _download(folder, options, say)
            except subprocess.CalledProcessError as error:
                said = f"{error.stderr or ''}\n{error.stdout or ''}"
                reason = reason_of(said) or f"apt-get ended with {error.returncode}"
            except subprocess.TimeoutExpired:
                reason = "no answer"
    raise ConfigurationError("asterisk_no_packages", reason=reason)


def reason_of(said: str) -> str | None:
    """What apt said first of its trouble, without a full stop and without passwords of mirrors.

    Its last line only says that something failed. None when it said nothing of the kind.
    """
    found = next(filter(None, (re.search(pattern, said, re.MULTILINE) for pattern in TROUBLES)), None)
    if found is None:
        return None
    return re.sub(r"//[^/\s@]+@", "//", " ".join(found[1].split())).rstrip(". ") or None


def _mirrors(folder: Path) -> Sequence[str]:
    """Base addresses that the machine's apt would ask, the plain archive before special ones."""
    lists = folder / "none" / "lists" / "partial"
    lists.mkdir(parents=True, exist_ok=True)
    command = ["apt-get", "-o", f"Dir::State::lists={lists.parent}", "-o", "Debug::NoLocking=1"]
    done = subprocess.run(
        [*command, "update", "--print-uris"], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    found = dict.fromkeys(re.findall(r"^'([a-z0-9+]+:\S+?)/dists/[^']+'", done.stdout, re.MULTILINE))
    return sorted(found, key=lambda mirror: not mirror.rstrip("/").endswith("/debian"))


def _private_apt(folder: Path, mirror: str, suite: str) -> Sequence[str]:
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "status").touch()
    signed = f" [signed-by={KEYRING}]" if KEYRING.is_file() else ""
    (folder / "sources.list").write_text(f"deb{signed} {mirror} {suite} main\n", "utf-8")
    options = {
        "Dir::State": folder,
        "Dir::State::lists": folder / "lists",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": os.devnull,
        "Dir::Etc::preferences": os.devnull,
        "Dir::Etc::preferencesparts": os.devnull,
        "Acquire::Check-Valid-Until": "false",
        "Acquire::Languages": "none",
        "Acquire::Retries": "2",
        "Acquire::http::Timeout": "20",
        "APT::Sandbox::User": "",
        "APT::Install-Recommends": "false",
        "APT::Update::Error-Mode": "any",
        "APT::Update::Post-Invoke-Success": "",
        "Debug::NoLocking": "1",
    }
    return [part for name, value in options.items() for part in ("-o", f"{name}={value}")]


def _apt(options: Sequence[str], *command: str, timeout: float = 120) -> str:
    done = subprocess.run(
        ["apt-get", *options, *command],
        env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=True,
    )
    return done.stdout


def _download(folder: Path, options: Sequence[str], say: Say) -> Sequence[Path]:
    listed = _apt(options, "-y", "--print-uris", "install", *PACKAGES)
    found = re.findall(r"^'([^']+)' (\S+\.deb) (\d+)", listed, re.MULTILINE)
    wanted = {name: int(size) for _, name, size in found if not NOT_NEEDED.match(name)}
    if not any(name.startswith("asterisk_") for name in wanted):
        raise subprocess.CalledProcessError(1, "apt-get", stderr="E: the list has no asterisk")
    say(f"asterisk: downloading {len(wanted)} packages, {sum(wanted.values()) / 1e6:.0f} MB ...")
    archives = folder / "cache" / "archives"
    names = [f"{name.split('_')[0]}={_version(name)}" for name in wanted]
    command = ["apt-get", *options, "download", *names]
    environment = {**os.environ, "LC_ALL": "C"}
    with (folder / "errors").open("w+") as errors, subprocess.Popen(
        command, cwd=archives, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=errors, text=True,
    ) as fetching:  # fmt: skip
        for line in fetching.stdout or ():
            if (part := re.match(r"Get:(\d+) ", line)) and int(part[1]) % 25 == 0:
                say(f"asterisk: {part[1]} of {len(wanted)} packages")
        if fetching.wait() != 0:
            errors.seek(0)
            raise subprocess.CalledProcessError(fetching.returncode, "apt-get", stderr=errors.read())
    return sorted(archives.glob("*.deb"))


def _version(name: str) -> str:
    return name.split("_")[1].replace("%3a", ":")


def unpack(packages: Sequence[Path], root: Path, say: Say) -> None:
    """Unpack ``packages`` over each other below ``root``, without what is only for reading."""
    say("asterisk: unpacking ...")
    for name in ("lib", "lib64", "bin", "sbin"):
        (root / "usr" / name).mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(f"usr/{name}")
    excluded = [f"--exclude=./usr/share/{name}" for name in LEFT_OUT]
    tar = ["tar", "-x", "-C", str(root), "--keep-directory-symlink", "--no-same-owner", *excluded]
    for package in packages:
        with subprocess.Popen(
            ["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE
        ) as content:
            done = subprocess.run(tar, stdin=content.stdout, capture_output=True, text=True)
        if done.returncode != 0 or content.returncode != 0:
            raise ConfigurationError("asterisk_no_packages", reason=f"{package.name}: {done.stderr.strip()}")
    for name in ("etc", "var"):
        shutil.rmtree(root / name, ignore_errors=True)
