"""Errors that the domain raises and the edges translate.

Every error carries a stable ``code`` (looked up in the message catalogues), ``params`` for the message's
placeholders, and the HTTP ``status`` that the web layer answers with.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


class DomainError(Exception):
    """Base of all expected errors; never a bug. ``code`` names a message in the catalogues."""

    status: int = 400
    default_code: ClassVar[str] = "error"

    def __init__(self, code: str | None = None, /, **params: Any) -> None:
        self.code = code or self.default_code
        self.params: Mapping[str, Any] = params
        super().__init__(self.code, params)

    def __str__(self) -> str:
        if not self.params:
            return self.code
        return f"{self.code} ({', '.join(f'{k}={v!r}' for k, v in self.params.items())})"


@dataclass(frozen=True)
class FieldProblem:
    """One wrong field: ``field`` is a dotted path in the request, ``code`` a message of the catalogues."""

    field: str
    code: str
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class InvalidInput(DomainError):
    """The request's content is wrong; ``fields`` says where and why."""

    status = 422
    default_code = "invalid_input"

    def __init__(self, fields: Sequence[FieldProblem], code: str | None = None, /, **params: Any) -> None:
        super().__init__(code, **params)
        self.fields = tuple(fields)


class NotSignedIn(DomainError):
    """No valid session."""

    status = 401
    default_code = "not_signed_in"


class Forbidden(DomainError):
    """The principal lacks the capability."""

    status = 403
    default_code = "forbidden"


class NotFound(DomainError):
    """Absent, or present but none of this principal's business (the answer must not tell which)."""

    status = 404
    default_code = "not_found"


class Conflict(DomainError):
    """Somebody changed it meanwhile, or it exists already."""

    status = 409
    default_code = "conflict"


class TooLarge(DomainError):
    """The content exceeds a stated limit."""

    status = 413
    default_code = "too_large"


class TooMany(DomainError):
    """A rate or try limit is spent; ``retry_after`` seconds are in ``params``."""

    status = 429
    default_code = "too_many_requests"


class Unavailable(DomainError):
    """A part is missing or full right now; nothing was acknowledged."""

    status = 503
    default_code = "unavailable"


class ConfigurationError(DomainError):
    """The operator's settings cannot work as they are; the message says what to change."""

    default_code = "configuration"
