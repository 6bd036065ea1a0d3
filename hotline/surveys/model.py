"""What an answer means (DOMAIN §6.3, §6.4); pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Visited(StrEnum):
    """Did somebody come?"""

    YES = "yes"
    NO = "no"


class Solved(StrEnum):
    """Is the problem gone?"""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


class SurveyState(StrEnum):
    """``asked`` → ``review`` → ``done``, ``asked`` → ``done``, or ``asked`` → ``exempt``."""

    ASKED = "asked"
    REVIEW = "review"
    DONE = "done"
    EXEMPT = "exempt"


class Reason(StrEnum):
    """Why an answer goes to the shift lead."""

    NOT_VISITED = "not_visited"
    NOT_SOLVED = "not_solved"
    PARTLY_SOLVED = "partly_solved"
    LABOUR_FEE = "labour_fee"
    LOW_SCORE = "low_score"


class Decision(StrEnum):
    """The shift lead's verdict; whichever it is, the answer stays as it was given (§6.4)."""

    CONFIRMED = "confirmed"
    UNFOUNDED = "unfounded"


@dataclass(frozen=True)
class Answer:
    """``visited`` None: nobody had to come. ``score`` 5 very satisfied … 1 very dissatisfied."""

    visited: Visited | None
    solved: Solved
    labour_fee: bool
    score: int
    remark: str = ""


def review_reasons(answer: Answer) -> tuple[Reason, ...]:
    """Why a person must look at this answer; empty: the case may close.

    "Not solved" and "nobody came" count whatever the score is (§6.3). That "partly" counts too is our own
    decision [D]: nothing half done is closed by itself.
    """
    reasons = []
    if answer.visited is Visited.NO:
        reasons.append(Reason.NOT_VISITED)
    if answer.solved is Solved.NO:
        reasons.append(Reason.NOT_SOLVED)
    if answer.solved is Solved.PARTLY:
        reasons.append(Reason.PARTLY_SOLVED)
    if answer.labour_fee:
        reasons.append(Reason.LABOUR_FEE)
    if answer.score <= 2:
        reasons.append(Reason.LOW_SCORE)
    return tuple(reasons)
