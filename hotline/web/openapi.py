"""OpenAPI 3.1 from the endpoints' own types."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from hotline.web.endpoint import Endpoint

Mode = Literal["validation", "serialization"]
_REF = "#/components/schemas/{model}"


class FieldError(BaseModel):
    """One wrong field of a request."""

    field: str
    code: str
    message: str
    params: dict[str, Any]


class Problem(BaseModel):
    """RFC 9457 problem; ``title`` is in the language of the request."""

    type: str
    title: str
    status: int
    code: str
    params: dict[str, Any]
    errors: list[FieldError] | None = None


def openapi(endpoints: Iterable[Endpoint], version: str) -> dict[str, Any]:
    """The document served at ``/api/openapi.json``."""
    endpoints = list(endpoints)
    models: list[tuple[type[BaseModel], Mode]] = [(Problem, "serialization")]
    for endpoint in endpoints:
        models += [(m, "validation") for part in (endpoint.body, endpoint.query) for m in _models_in(part)]
        models += [(m, "serialization") for m in _models_in(endpoint.reply)]
    unique = list(dict.fromkeys(models))
    refs, definitions = models_json_schema(unique, ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hotline", "version": version},
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": definitions.get("$defs", {})},
    }


def _operation(endpoint: Endpoint, refs: Any) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.operation_id,
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "parameters": _parameters(endpoint),
        "responses": {
            str(endpoint.status): _reply(endpoint, refs),
            "default": {
                "description": "Problem",
                "content": {"application/problem+json": {"schema": refs[(Problem, "serialization")]}},
            },
        },
    }
    if endpoint.needs:
        operation["x-capability"] = endpoint.needs
    if endpoint.body is bytes:
        content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
        operation["requestBody"] = {"required": True, "content": content}
    elif endpoint.body is not None:
        schema = refs[(endpoint.body, "validation")]
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)", endpoint.path)
    ]
    if endpoint.query is not None:
        schema = endpoint.query.model_json_schema(ref_template=_REF)
        required = schema.get("required", [])
        for name, value in schema["properties"].items():
            found.append({"name": name, "in": "query", "required": name in required, "schema": value})
    return found


def _reply(endpoint: Endpoint, refs: Any) -> dict[str, Any]:
    if endpoint.reply is None:
        return {"description": "Done"}
    if _is_model(endpoint.reply):
        schema = refs[(endpoint.reply, "serialization")]
    else:
        schema = TypeAdapter(endpoint.reply).json_schema(ref_template=_REF, mode="serialization")
        schema.pop("$defs", None)
    return {"description": "OK", "content": {"application/json": {"schema": schema}}}


def _is_model(candidate: Any) -> bool:
    return isinstance(candidate, type) and issubclass(candidate, BaseModel)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if _is_model(annotation):
        return [annotation]
    return [model for argument in typing.get_args(annotation) for model in _models_in(argument)]
