"""Errors as ``application/problem+json`` (RFC 9457), in the reader's language."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from hotline.errors import DomainError, FieldProblem, InvalidInput
from hotline.kernel.ids import new_id
from hotline.web.catalogue import Catalogue, choose_language

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_PYDANTIC_CODES = {
    "missing": "field_missing",
    "extra_forbidden": "field_unknown",
    "string_too_short": "field_too_short",
    "string_too_long": "field_too_long",
    "string_pattern_mismatch": "field_pattern",
    "json_invalid": "json_invalid",
    "greater_than_equal": "field_range",
    "less_than_equal": "field_range",
    "literal_error": "field_choice",
    "enum": "field_choice",
}


def invalid_from_pydantic(error: ValidationError) -> InvalidInput:
    """Pydantic's findings as our own field problems; the wrong value itself is not repeated."""
    problems = []
    for found in error.errors(include_url=False, include_input=False):
        code = _PYDANTIC_CODES.get(found["type"], "field_invalid")
        if found["type"] == "value_error":
            code = str(found.get("ctx", {}).get("error", code))
        params = {k: v for k, v in found.get("ctx", {}).items() if isinstance(v, str | int | float)}
        problems.append(FieldProblem(".".join(str(part) for part in found["loc"]), code, params))
    return InvalidInput(problems)


def problem_body(error: DomainError, language: str, catalogue: Catalogue) -> dict[str, Any]:
    """The JSON of an error: ``type, title, status, code, params`` and, for wrong fields, ``errors``."""
    body: dict[str, Any] = {
        "type": f"urn:hotline:problem:{error.code}",
        "title": catalogue.text(language, error.code, error.params),
        "status": error.status,
        "code": error.code,
        "params": dict(error.params),
    }
    if isinstance(error, InvalidInput):
        body["errors"] = _field_errors(error.fields, language, catalogue)
    return body


def _field_errors(
    fields: Sequence[FieldProblem], language: str, catalogue: Catalogue
) -> list[dict[str, Any]]:
    return [
        {
            "field": f.field,
            "code": f.code,
            "message": catalogue.text(language, f.code, f.params),
            "params": dict(f.params),
        }
        for f in fields
    ]


def problem_response(error: DomainError, request: web.Request, catalogue: Catalogue) -> web.Response:
    """The answer for an error."""
    language = choose_language(request.headers.get("Accept-Language"))
    headers = {}
    if "retry_after" in error.params:
        headers["Retry-After"] = str(error.params["retry_after"])
    return web.json_response(
        problem_body(error, language, catalogue),
        status=error.status,
        headers=headers,
        content_type="application/problem+json",
        dumps=partial(json.dumps, default=str),
    )


def problem_middleware(catalogue: Catalogue) -> Any:
    """Turns every error into problem+json; an unexpected one is logged under a number that is shown."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except DomainError as error:
            return problem_response(error, request, catalogue)
        except ValidationError as error:
            return problem_response(invalid_from_pydantic(error), request, catalogue)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            response = problem_response(_from_http(error), request, catalogue)
            if "Allow" in error.headers:
                response.headers["Allow"] = error.headers["Allow"]
            return response
        except Exception:
            number = new_id()
            log.exception("unexpected error", extra={"incident": number, "path": _route(request)})
            return problem_response(_Unexpected("unexpected", incident=number), request, catalogue)

    return middleware


class _Unexpected(DomainError):
    status = 500


def _from_http(error: web.HTTPException) -> DomainError:
    made = DomainError(f"http_{error.status}")
    made.status = error.status
    return made


def _route(request: web.Request) -> str:
    """The route's pattern, not the path: a path may carry a number that is somebody's."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown"
