"""What happens to surveys. The aggregate is the case: asking, answering and closing keep their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hotline.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class SurveyChanged(Event):
    """A survey was asked, answered, reviewed or given up."""

    name: ClassVar[str] = "surveys.survey_changed"
    survey_id: str
    case_id: str
    case_no: str
