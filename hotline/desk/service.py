"""Registering at the desk: the citizen, the case, its first steps and the answer, in one unit of work."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from hotline.cases.actor import CaseActor
from hotline.cases.model import Urgency
from hotline.cases.registration import RegisterCase
from hotline.cases.service import Cases
from hotline.cases.store import StoredCase
from hotline.cases.transition import Action, Actor
from hotline.contacts.service import Contacts
from hotline.conversations.service import Conversations
from hotline.conversations.views import case_ids
from hotline.desk import store
from hotline.errors import Conflict, FieldProblem, InvalidInput
from hotline.kernel.db import Tx
from hotline.staff.views import units_by_code
from hotline.suggestions.views import open_rules


@dataclass(frozen=True, kw_only=True)
class DeskOrder:
    """What the form holds besides the case itself.

    ``unit_id``: accept the case and send it there; ``answer_text``: it is answered already, and closes.
    """

    case: RegisterCase
    conversation_id: str | None = None
    requester_name: str | None = None
    requester_phone: str | None = None
    unit_id: str | None = None
    answer_text: str | None = None


class Desk:
    """The use case; joins the caller's unit of work."""

    def __init__(self, contacts: Contacts, cases: Cases, conversations: Conversations) -> None:
        self._contacts = contacts
        self._cases = cases
        self._conversations = conversations

    async def register(self, tx: Tx, user_id: str, order: DeskOrder, actor: CaseActor) -> StoredCase:
        """The case; sent again with the same key, the same case and nothing more.

        Raises ``InvalidInput`` with the fields, ``Forbidden``, and ``Conflict`` ("conversation_not_held") for
        a conversation that the actor does not hold; nothing is written then. While an alarm of the
        conversation is open the case is E0: another urgency is ``InvalidInput`` ("alarm_open").
        """
        if order.unit_id and order.answer_text:
            raise InvalidInput([FieldProblem("unit_id", "answered_or_sent")])
        await store.lock_key(tx, order.case.key)
        known = await self._cases.registered(tx, order.case.key, actor)
        if known is not None:
            return known
        talk = await self._conversation(tx, user_id, order.conversation_id)
        contact_id = await self._contact(tx, order, talk)
        urgency = await self._urgency(tx, order, talk)
        order = replace(order, case=replace(order.case, contact_id=contact_id, urgency=urgency))
        case = await self._cases.register(tx, order.case, actor)
        case = await self._first_steps(tx, case, order, actor)
        if talk is not None:
            await self._conversations.link_case(tx, talk.id, case.id)
            await self._conversations.notify(tx, talk.id, _notice(order), case_no=case.row.case_no)
            await store.delete(tx, talk.id)
        await store.delete(tx, order.case.key, user_id)
        return case

    async def _conversation(self, tx: Tx, user_id: str, conversation_id: str | None) -> sa.Row[Any] | None:
        if conversation_id is None:
            return None
        row = await self._conversations.require(tx, conversation_id)
        if row.agent_id != user_id:
            raise Conflict("conversation_not_held")
        return row

    async def _urgency(self, tx: Tx, order: DeskOrder, talk: sa.Row[Any] | None) -> str | None:
        """What was chosen; E0 by itself while danger is not ruled out (DOMAIN §4.4)."""
        chosen = order.case.urgency
        rules = await open_rules(tx, talk.id) if talk is not None else []
        if talk is None or not rules or await self._has_emergency(tx, talk.id):
            return chosen
        if chosen not in (None, "", Urgency.E0):
            raise InvalidInput([FieldProblem("urgency", "alarm_open", {"rules": ", ".join(rules)})])
        return Urgency.E0

    async def _has_emergency(self, tx: Tx, conversation_id: str) -> bool:
        """Whether the danger has its case already, so that this one may be about something else."""
        linked = await case_ids(tx, [conversation_id])
        briefs = await self._cases.views.briefs_by_id(tx, linked)
        return any(brief.urgency is Urgency.E0 for brief in briefs.values())

    async def _contact(self, tx: Tx, order: DeskOrder, talk: sa.Row[Any] | None) -> str | None:
        """The requester: the one who writes, under the name and number that the form has now."""
        if order.case.anonymous:
            return None
        given = (order.requester_name or "").strip() or None, (order.requester_phone or "").strip() or None
        if talk is None:
            return await self._contacts.add(tx, *given) if any(given) else None
        known = await self._contacts.view(tx, talk.contact_id, masked=False)
        name, phone = given[0] or known.name, given[1] or known.phone
        if (name, phone) != (known.name, known.phone):
            await self._contacts.describe(tx, known.id, known.version, name, phone)
        return known.id

    async def _first_steps(self, tx: Tx, case: StoredCase, order: DeskOrder, actor: CaseActor) -> StoredCase:
        number = case.row.case_no
        if order.answer_text:
            payload = {"answer_text": order.answer_text, "cites_knowledge": False, "user_confirmed": True}
            return await self._cases.act(tx, number, Action.DIRECT_ANSWER, case.row.version, payload, actor)
        if not order.unit_id:
            return case
        filed = ("category_code", "urgency", "sla_code", "repair_class")
        accepting = {name: getattr(order.case, name) for name in filed}
        case = await self._cases.act(tx, number, Action.ACCEPT, case.row.version, accepting, actor)
        sender = await self._sender(tx, case, order.unit_id, actor)
        sending = {"unit_id": order.unit_id}
        return await self._cases.act(tx, number, Action.DISPATCH, case.row.version, sending, sender)

    async def _sender(self, tx: Tx, case: StoredCase, unit_id: str, actor: CaseActor) -> CaseActor:
        """Who dispatches (DOMAIN §2.3, C7): the person who may, else the rules, to the catalogue's unit."""
        if actor.may(Action.DISPATCH, Urgency(case.row.urgency)):
            return actor
        code = case.row.category_code
        leaf = self._cases.taxonomy.leaf(code) if code else None
        named = await units_by_code(tx, [leaf.unit_code]) if leaf is not None else {}
        if unit_id not in {unit.id for unit in named.values()}:
            raise InvalidInput([FieldProblem("unit_id", "unit_not_in_catalogue")])
        return CaseActor.system(Actor.RULE_ENGINE)


def _notice(order: DeskOrder) -> str:
    # To which unit it went, and until when, is told by the notice of the dispatch itself.
    return "chat_case_answered" if order.answer_text else "chat_case_registered"
