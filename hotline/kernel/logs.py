"""Structured logs: one JSON object a line, with telephone numbers masked whatever a message carries."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import TextIO

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_PHONE = re.compile(r"(?<![0-9A-Fa-f])(?:\+?86[- ]?)?(1[3-9]\d)[- ]?\d{4}[- ]?(\d{4})(?![0-9A-Fa-f])")
_LANDLINE = re.compile(r"(?<![0-9A-Fa-f])(0\d{2,3})[- ]\d{4,5}(\d{3})(?![0-9A-Fa-f])")


def mask_phones(text: str) -> str:
    """Replace the middle of everything that looks like a Chinese telephone number."""
    return _LANDLINE.sub(r"\1-****\2", _PHONE.sub(r"\1****\2", text))


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
        return mask_phones(json.dumps(line, ensure_ascii=False, default=str))


def configure_logs(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send every logger to ``stream`` (standard error) as JSON lines."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("aiohttp.access").setLevel("WARNING")
    logging.getLogger("alembic").setLevel("WARNING")
