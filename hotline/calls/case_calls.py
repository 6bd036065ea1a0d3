"""The calls behind a case, for its page: who called when, and which recordings the viewer may hear."""

from __future__ import annotations

from hotline.calls import store
from hotline.calls.views import CallView, CallViews
from hotline.calls.worklist import WhoListens
from hotline.cases.actor import CaseActor
from hotline.cases.scope import require_case
from hotline.cases.service import Cases
from hotline.conversations.service import Conversations
from hotline.kernel.db import Database
from hotline.recordings.listening import Access
from hotline.web.endpoint import Call, Endpoints


class CaseCallView(CallView):
    """A call that a case was made from, or that was linked to it later; the number is masked.

    ``may_listen``: "own" for a recording that the viewer needs no reason for, "other" where one has to be
    stated, None where the viewer may not, or nothing was recorded.
    """

    may_listen: Access | None


def case_call_endpoints(
    database: Database, cases: Cases, conversations: Conversations, views: CallViews, may_listen: WhoListens
) -> Endpoints:
    """``/api/cases/{case_no}/calls``."""
    api = Endpoints("calls")

    # Whose cases: `case.view_all` or `case.view_unit`, as `scope` decides; no single capability.
    @api.get("/api/cases/{case_no}/calls")
    async def of_case(call: Call) -> list[CaseCallView]:
        """The calls of a case, the oldest first."""
        who, case_no = call.who, call.path["case_no"]
        actor = CaseActor.of(who, call.address)
        async with cases.refusals_audited(actor, "case.view", case_no), database.read() as reader:
            case = await require_case(reader, case_no, actor)
            talks = await conversations.for_case(reader, case.id)
            found = (await store.by_conversations(reader, talks)).values()
            rows = sorted(found, key=lambda row: row.arrived_at)
            shown = []
            for view in await views.views(reader, rows):
                access = await may_listen(reader, who, view.id) if view.recording is not None else None
                shown.append(CaseCallView(**view.model_dump(), may_listen=access))
            return shown

    return api
