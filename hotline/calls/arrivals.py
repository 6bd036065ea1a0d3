"""The beginning of a call: its row, its conversation, and whose it is."""

from __future__ import annotations

from typing import Any, cast

import sqlalchemy as sa

from hotline.calls import store
from hotline.calls.events import CallChanged
from hotline.calls.model import WEB, WEB_ACCOUNT
from hotline.contacts.model import PHONE, Identity, normalise_phone
from hotline.contacts.service import Contacts
from hotline.conversations.service import Conversations
from hotline.kernel.db import Tx
from hotline.kernel.sealing import Sealer
from hotline.nuisance.service import Nuisances
from hotline.ports.callsink import CallArrived
from hotline.ports.pbx import CallState, Direction
from hotline.queue.model import Priority

LONGEST_NUMBER = 40
"""Characters of a number that are kept; a longer one is none."""


class Arrivals:
    """Makes calls; methods join the caller's unit of work."""

    def __init__(
        self, sealer: Sealer, contacts: Contacts, conversations: Conversations, nuisances: Nuisances
    ) -> None:
        self._sealer = sealer
        self._nuisances = nuisances
        self._contacts = contacts
        self._conversations = conversations

    async def arrived(self, tx: Tx, fact: CallArrived, callback_of: str | None = None) -> sa.Row[Any]:
        """The call's row, made with its conversation and its citizen if it is new."""
        known = await store.by_id(tx, fact.call_id)
        if known is not None:
            return known
        number = fact.number if 0 < len(fact.number) <= LONGEST_NUMBER else None
        contact_id = await self._citizen(tx, fact, number)
        talk, _ = await self._conversations.open_for(tx, PHONE, fact.call_id, contact_id, None)
        plain = number and (normalise_phone(number) or number)
        outbound = fact.direction is Direction.OUTBOUND
        row = {
            "id": fact.call_id,
            "conversation_id": talk.id,
            "direction": fact.direction,
            "number_sealed": self._sealer.seal(plain) if plain else None,
            "number_blind": self._sealer.blind(plain) if plain else None,
            "called": "" if outbound else fact.called[:LONGEST_NUMBER],
            "state": CallState.DIALLING if outbound else CallState.NEW,
            "arrived_at": fact.at,
            "to_be_filed": False,
            "callback_of": callback_of,
            "version": 1,
        }
        await store.insert(tx, row)
        call_changed(tx, fact.call_id, talk.id, str(row["state"]))
        return cast("sa.Row[Any]", await store.by_id(tx, fact.call_id))

    async def priority(self, tx: Tx, row: sa.Row[Any]) -> Priority:
        """Nobody is turned away: who is on the list of nuisance callers waits behind the others."""
        is_nuisance = await self._nuisances.is_confirmed(tx, row.number_blind)
        return Priority.LAST if is_nuisance else Priority.NORMAL

    async def _citizen(self, tx: Tx, fact: CallArrived, number: str | None) -> str:
        if fact.called == WEB and fact.name.startswith(WEB_ACCOUNT):
            # The exchange itself writes this name: that of the account made for the visitor.
            return await self._contacts.identify(tx, Identity(WEB, fact.name.removeprefix(WEB_ACCOUNT)))
        if number is None:
            return await self._contacts.identify(tx, Identity(PHONE, fact.call_id))
        return await self._contacts.behind_number(tx, number)


def call_changed(tx: Tx, call_id: str, conversation_id: str, state: str) -> None:
    """Tell that a call changed."""
    tx.emit(
        CallChanged(
            aggregate=f"call:{call_id}", call_id=call_id, conversation_id=conversation_id, state=state
        )
    )
