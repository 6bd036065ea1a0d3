"""Desk phones: SIP telephones that stand fast, whose accounts outlive every session and every crash of ours.

An account is a static object of the exchange's configuration, so that the phone registers and rings while the
server is gone. It takes calls and dials nothing, as every agent's.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from hotline.errors import ConfigurationError, Conflict, FieldProblem, InvalidInput, NotFound
from hotline.ports.pbx import DeskPhone

PREFIX = "desk-"
"""Before a desk phone's name, in the name of its account: no agent's account begins so."""
LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without those that are mistaken for each other: a person types the password into the phone's page."""
PASSWORD_LENGTH = 20
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9\-]{0,30}[a-z0-9])?")


@dataclass(frozen=True)
class DeskAccount(DeskPhone):
    """A desk phone with its password."""

    password: str = field(default="", repr=False)

    @property
    def user(self) -> str:
        """The account's name at the exchange."""
        return PREFIX + self.name


class DeskPhones:
    """The desk phones of an installation, in one file that only the operator's account may read.

    Without a file there are none.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def all(self) -> list[DeskAccount]:
        """By name. Raises ``ConfigurationError`` ("desk_phones_unreadable", ``path``)."""
        if self._file is None:
            return []
        try:
            kept = json.loads(self._file.read_text("utf-8"))
            return sorted((DeskAccount(**one) for one in kept), key=lambda phone: phone.name)
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError) as error:
            raise ConfigurationError("desk_phones_unreadable", path=str(self._file)) from error

    def find(self, name: str) -> DeskAccount:
        """One of them; ``NotFound`` ("desk_phone_unknown")."""
        for phone in self.all():
            if phone.name == name:
                return phone
        raise NotFound("desk_phone_unknown")

    def add(self, name: str, owner: str | None = None) -> DeskAccount:
        """A new one, of the member of staff ``owner`` or of nobody.

        Raises ``InvalidInput`` ("desk_phone_name"), ``Conflict`` ("desk_phone_exists").
        """
        if not _NAME.fullmatch(name):
            raise InvalidInput([FieldProblem("name", "desk_phone_name")], "desk_phone_name")
        known = self.all()
        if any(phone.name == name for phone in known):
            raise Conflict("desk_phone_exists", name=name)
        password = "".join(secrets.choice(LETTERS) for _ in range(PASSWORD_LENGTH))
        made = DeskAccount(name, owner, password)
        self._write([*known, made])
        return made

    def remove(self, name: str) -> None:
        """It registers no more. Raises ``NotFound`` ("desk_phone_unknown")."""
        gone = self.find(name)
        self._write([phone for phone in self.all() if phone != gone])

    def _write(self, phones: list[DeskAccount]) -> None:
        if self._file is None:
            raise NotFound("desk_phone_unknown")
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self._file.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump([asdict(phone) for phone in phones], file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._file)
