"""panoramisk's Action: nothing unsafe gets into one, and it always comes to an end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from panoramisk.actions import Action

from hotline.errors import FieldProblem, InvalidInput
from telephony.ami.message import AmiMessage

FORBIDDEN = ("\r", "\n", "\0")
MAX_LINE = 1000
"""Bytes of one line; Asterisk reads 1,024 and throws away what is longer."""
MAX_LIST = 20_000
"""Rows of one answer that are kept."""

Fields = Mapping[str, str | int | Sequence[str]]


@dataclass(frozen=True)
class Reply:
    """What became of an action.

    ``response`` is None when no answer came in time or the link broke: nobody knows whether it happened.
    ``rows`` are the events of a list, empty for other actions.
    """

    response: AmiMessage | None
    rows: Sequence[AmiMessage] = ()

    @property
    def is_unknown(self) -> bool:
        return self.response is None

    @property
    def success(self) -> bool:
        return self.response is not None and bool(self.response.success)

    @property
    def message(self) -> str:
        """Asterisk's own words, "" when there are none."""
        return "" if self.response is None else self.response.text("Message")


def _safe(name: str, value: str) -> str:
    if any(char in text for text in (name, value) for char in FORBIDDEN) or ":" in name:
        raise InvalidInput([FieldProblem(name.strip()[:40], "line_value_unsafe")], "line_value_unsafe")
    try:
        size = len(name) + 2 + len(value.encode())
    except UnicodeEncodeError:
        raise InvalidInput([FieldProblem(name, "line_value_unsafe")], "line_value_unsafe") from None
    if size > MAX_LINE:
        raise InvalidInput([FieldProblem(name, "line_value_unsafe")], "line_value_unsafe")
    return value


class AmiAction(Action):
    """One action and, in time, its ``future`` of a ``Reply``; the future never fails and is never left open.

    An ``Originate`` is always asynchronous: the other kind blocks the whole session in Asterisk. Raises
    ``InvalidInput`` ("line_value_unsafe") for CR, LF, NUL, a lone surrogate or a line beyond ``MAX_LINE``.
    """

    def __init__(self, name: str, fields: Fields) -> None:
        ours = {"Async": "true"} if name.lower() == "originate" else {}
        set_by_us = {"action", "actionid", *(key.lower() for key in ours)}
        given = {key: value for key, value in fields.items() if key.lower() not in set_by_us}
        super().__init__({"Action": name, **given, **ours})
        self.future: asyncio.Future[Reply]
        self.text = self._rendered()
        self.on_answer: Callable[[Reply], None] | None = None
        self._is_list = False
        self._rows: list[AmiMessage] = []
        self._response: AmiMessage | None = None

    def _rendered(self) -> str:
        lines = []
        for name, value in self.items():
            many = value if isinstance(value, list | tuple) else (value,)
            lines += [f"{name}: {_safe(name, str(one))}" for one in many]
        return "\r\n".join([*lines, "", ""])

    def __str__(self) -> str:
        return self.text

    def add_message(self, message: AmiMessage) -> bool:
        """Take one message of the answer; True when it was the last."""
        if not message.name:
            self._response = message
            self._is_list = bool(message.success) and message.text("EventList").lower() == "start"
            if not self._is_list:
                self.end(Reply(message))
            return not self._is_list
        if not self._is_list:
            return False
        if message.text("EventList").lower() in {"complete", "cancelled"}:
            self.end(Reply(self._response, self._rows))
            return True
        if len(self._rows) < MAX_LIST:
            self._rows.append(message)
        return False

    def end(self, reply: Reply) -> None:
        """Settle the future, once."""
        if self.future.done():
            return
        self.future.set_result(reply)
        if self.on_answer is not None:
            self.on_answer(reply)
