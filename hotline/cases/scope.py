"""Whose business a case is: the centre's all of them, a unit's only its own (DOMAIN §10, item 5)."""

from __future__ import annotations

from collections.abc import Sequence

from hotline.cases import store
from hotline.cases.actor import CaseActor
from hotline.cases.store import StoredCase
from hotline.errors import Forbidden, NotFound
from hotline.kernel.db import Reader


class NotYours(NotFound):
    """There is such a case, but it is another unit's. The answer is that of ``NotFound``; the audit knows."""


def is_visible(case: StoredCase, actor: CaseActor) -> bool:
    """Whether the case is this one's business."""
    if actor.sees_all:
        return True
    return actor.sees_unit is not None and case.assignment_of(actor.sees_unit) is not None


async def require_case(reader: Reader, case_no: str, actor: CaseActor, *, lock: bool = False) -> StoredCase:
    """The case, or ``NotFound``; ``NotYours`` and ``Forbidden`` are for the audit to record."""
    require_some_view(actor)
    case = await store.stored_by_no(reader, case_no, lock=lock)
    if case is None:
        raise NotFound()
    if not is_visible(case, actor):
        raise NotYours()
    return case


def require_some_view(actor: CaseActor) -> None:
    """``Forbidden`` for one whose roles have nothing to do with cases."""
    if not actor.sees_all and actor.sees_unit is None:
        raise Forbidden("forbidden", capability="case.view_unit")


async def sees_any(reader: Reader, case_ids: Sequence[str], actor: CaseActor) -> bool:
    """Whether one of these cases is this one's business."""
    if actor.sees_all:
        return True
    found = await store.stored(reader, await store.rows_by_id(reader, case_ids)) if case_ids else []
    return any(is_visible(case, actor) for case in found)


async def concerns(reader: Reader, contact_id: str, actor: CaseActor) -> bool:
    """Whether the one may learn who a requester is (DOMAIN §10): the centre, and a unit that has a share in
    a case of theirs which is neither confidential nor anonymous."""
    if actor.sees_all:
        return True
    return actor.sees_unit is not None and await store.is_open_to_unit(reader, contact_id, actor.sees_unit)
