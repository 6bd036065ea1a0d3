"""Structured logs: one JSON object a line, with telephone numbers masked whatever a message carries."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TextIO

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
# Identifiers and digests are long runs of hexadecimal digits: what looks like a number in them is none.
_PHONE = re.compile(
    r"(?P<identifier>[0-9A-Fa-f]{24,})"
    r"|(?<!\d)(?:(?:\+|00)?86[- ]?)?(?P<head>1[3-9]\d)[-. ]?\d{4}[-. ]?(?P<tail>\d{4})(?!\d)"
    r"|(?<!\d)\(?(?P<area>0\d{2,3})[-) ]{0,2}[2-9]\d{3,4}[- ]?(?P<end>\d{3})(?!\d)"
)


def mask_phones(text: str) -> str:
    """Replace the middle of everything that looks like a Chinese telephone number."""
    return _PHONE.sub(_masked_phone, text)


def _masked_phone(found: re.Match[str]) -> str:
    if found["identifier"]:
        return found[0]
    if found["head"]:
        return f"{found['head']}****{found['tail']}"
    return f"{found['area']}-****{found['end']}"


def _masked(value: object) -> object:
    """``value`` for JSON, every text and number in it masked."""
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        text = mask_phones(str(value))
        return value if text == str(value) else text
    if isinstance(value, Mapping):
        return {mask_phones(str(k)): _masked(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(one) for one in value]
    return mask_phones(str(value))


class JsonFormatter(logging.Formatter):
    """Formats a record and the fields of its ``extra`` as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {k: v for k, v in vars(record).items() if k not in _STANDARD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(_masked(line), ensure_ascii=False)


def configure_logs(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send every logger to ``stream`` (standard error) as JSON lines."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("aiohttp.access").setLevel("WARNING")
    logging.getLogger("alembic").setLevel("WARNING")
