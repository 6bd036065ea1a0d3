"""Use cases of danger alarms: rules raise them, people confirm or cancel them (DOMAIN §4.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from hotline.conversations.service import Conversations
from hotline.errors import Conflict, FieldProblem, InvalidInput, NotFound
from hotline.kernel.audit import Act, Audit
from hotline.kernel.db import Reader, Tx
from hotline.kernel.ids import new_id
from hotline.ports.clock import Clock
from hotline.ports.emergency import Alarm, EmergencyRules
from hotline.queue.service import Queue
from hotline.suggestions import store
from hotline.suggestions.events import DangerAlarmChanged
from hotline.suggestions.model import (
    MAY_BECOME,
    AlarmState,
    Evidence,
    FieldName,
    Proposed,
    Utterance,
    is_reason,
    joined,
    located,
    quoted,
    to_raise,
    together,
)
from hotline.suggestions.service import Suggestions
from hotline.web.auth import Principal

RULES = "system:emergency_rules"
_ACTS: Mapping[AlarmState, str] = {AlarmState.CONFIRMED: "confirm", AlarmState.CANCELLED: "cancel"}


class Dangers:
    """Methods join the caller's unit of work; every alarm and every decision is audited."""

    def __init__(
        self,
        clock: Clock,
        audit: Audit,
        rules: EmergencyRules,
        conversations: Conversations,
        queue: Queue,
        suggestions: Suggestions,
    ) -> None:
        self._clock = clock
        self._audit = audit
        self._rules = rules
        self._conversations = conversations
        self._queue = queue
        self._suggestions = suggestions

    def finds(self, said: Sequence[Utterance]) -> bool:
        """Whether the last utterance, or it and those before it, hold any danger; pure and quick."""
        return self._rules.check(joined(together(said))) is not None

    async def heard(self, tx: Tx, conversation_id: str, said: Sequence[Utterance]) -> list[str]:
        """Check the last utterance, by itself and with those before it; the rules that raised an alarm."""
        new, window = said[-1:], together(said)
        alone = self._rules.all(joined(new))
        jointly = self._rules.all(joined(window)) if len(window) > 1 else ()
        if not alone and not jointly:
            return []
        standing: defaultdict[str, list[AlarmState]] = defaultdict(list)
        judged = set()
        for row in await store.alarms_of(tx, conversation_id):
            standing[row.rule].append(AlarmState(row.state))
            judged.add((row.rule, row.source_id))
        # A segment comes first as a guess: what was cancelled then is not news when it is final.
        news = [alarm for alarm in alone if (alarm.rule, new[0].id) not in judged]
        raised = []
        for rule in to_raise(_rules(news), _rules(jointly), standing):
            alarm, where = _first(rule, alone, new) or _first(rule, jointly, window) or (None, new)
            evidence = located(where, alarm.start, alarm.end) if alarm is not None else None
            if alarm is not None and evidence is not None:
                await self._raise(tx, conversation_id, alarm, quoted(evidence))
                raised.append(rule)
        return raised

    async def _raise(self, tx: Tx, conversation_id: str, alarm: Alarm, evidence: Evidence) -> None:
        alarm_id = new_id()
        row = {
            "id": alarm_id,
            "conversation_id": conversation_id,
            "rule": alarm.rule,
            "urgency": alarm.urgency,
            "state": AlarmState.RAISED,
            "source_kind": evidence.kind,
            "source_id": evidence.id,
            "span_start": evidence.start,
            "span_end": evidence.end,
            "quote": evidence.quote,
            "words": list(alarm.words),
            "reasons": [asdict(reason) for reason in alarm.reasons],
            "at": self._clock.now(),
            "version": 1,
        }
        try:
            async with tx.savepoint():
                await store.insert_alarm(tx, row)
        except sa.exc.IntegrityError:
            # Another utterance of the same conversation raised it at the same moment.
            return
        await self._queue.hasten(tx, conversation_id)
        await self._tell(tx, conversation_id, alarm_id, AlarmState.RAISED)
        reason = {"kind": "emergency", "rule": alarm.rule}
        urgent = Proposed(FieldName.URGENCY, alarm.urgency, 1.0, evidence, reason)
        await self._suggestions.propose(tx, conversation_id, [urgent])
        await self._note(tx, RULES, "raise", alarm_id, rule=alarm.rule, source=evidence.id)

    async def confirm(self, tx: Tx, who: Principal, alarm_id: str, version: int) -> None:
        """It is so. ``Conflict`` ("changed_meanwhile") when it was decided, or is not at ``version``."""
        await self._decide(tx, who, alarm_id, version, AlarmState.CONFIRMED, None)

    async def cancel(self, tx: Tx, who: Principal, alarm_id: str, version: int, reason: str) -> None:
        """It is not so, and why. ``InvalidInput`` ("alarm_reason_missing"), ``Conflict`` as ``confirm``."""
        if not is_reason(reason):
            raise InvalidInput([FieldProblem("reason", "alarm_reason_missing")])
        row = await self._decide(tx, who, alarm_id, version, AlarmState.CANCELLED, reason.strip())
        if not await store.open_rules(tx, row.conversation_id):
            await self._suggestions.take_back(tx, row.conversation_id, FieldName.URGENCY, "emergency")
        await self._suggestions.want(tx, row.conversation_id)

    async def _decide(
        self, tx: Tx, who: Principal, alarm_id: str, version: int, to: AlarmState, reason: str | None
    ) -> sa.Row[Any]:
        row = await store.alarm_by_id(tx, alarm_id, lock=True)
        if row is None:
            raise NotFound()
        decided = {"decided_by": who.id, "decided_at": self._clock.now(), "reason": reason}
        may = to in MAY_BECOME[AlarmState(row.state)]
        if not may or not await store.update_alarm(tx, alarm_id, version, {"state": to, **decided}):
            raise Conflict("changed_meanwhile")
        await self._note(tx, who.actor, _ACTS[to], alarm_id, rule=row.rule, reason=reason)
        await self._tell(tx, row.conversation_id, alarm_id, to)
        return row

    async def open_rules(self, reader: Reader, conversation_id: str) -> list[str]:
        """The rules whose alarms nobody cancelled, the oldest first."""
        return await store.open_rules(reader, conversation_id)

    async def _tell(self, tx: Tx, conversation_id: str, alarm_id: str, state: AlarmState) -> None:
        rules = await store.open_rules(tx, conversation_id)
        await self._conversations.mark_alarm(tx, conversation_id, rules[0] if rules else None)
        tx.emit(
            DangerAlarmChanged(
                aggregate=f"suggestions:{conversation_id}",
                conversation_id=conversation_id,
                alarm_id=alarm_id,
                state=state,
            )
        )

    async def _note(self, tx: Tx, actor: str, what: str, alarm_id: str, **detail: Any) -> None:
        await self._audit.append(tx, Act(actor, f"alarm.{what}", f"alarm:{alarm_id}", detail=detail))


def _rules(alarms: Sequence[Alarm]) -> list[str]:
    return [alarm.rule for alarm in alarms]


def _first(
    rule: str, alarms: Sequence[Alarm], where: Sequence[Utterance]
) -> tuple[Alarm, Sequence[Utterance]] | None:
    return next(((alarm, where) for alarm in alarms if alarm.rule == rule), None)
