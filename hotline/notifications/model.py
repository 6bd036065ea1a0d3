"""Templates of notices; pure."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hotline.errors import ConfigurationError


class NoticeState(StrEnum):
    """``sent``: it stands where the citizen reads; ``no_channel``: there is nowhere to send it."""

    SENT = "sent"
    NO_CHANNEL = "no_channel"


@dataclass(frozen=True)
class Template:
    """One notice. ``code`` is ``<action>.<audience>``; ``text`` is by language, with ``{fields}``."""

    code: str
    text: Mapping[str, str]

    def render(self, language: str, values: Mapping[str, str]) -> str:
        """The text with its fields filled in."""
        return self.text[language].format_map(values)


KNOWN_FIELDS = frozenset({"case_no", "title", "unit", "due", "reason"})
"""What a template may name."""


def check_template(template: Template, languages: tuple[str, ...]) -> None:
    """Refuse a template that lacks a language or names an unknown field, before anybody gets it."""
    for language in languages:
        text = template.text.get(language)
        if not text:
            raise ConfigurationError("template_language", template=template.code, language=language)
        try:
            fields = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
        except ValueError as error:
            raise ConfigurationError("template_form", template=template.code, reason=str(error)) from error
        for name in sorted(fields - KNOWN_FIELDS):
            raise ConfigurationError("template_field", template=template.code, field=name)
