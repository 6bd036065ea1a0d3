"""The limits: SLA codes of DOMAIN §3.3 and the process limits of §3.4. Tables and their readers, no clock.

Where the text leaves the starting point open: limits in working days count from acceptance (§2.5 pt 3 speaks
of the day of acceptance), limits in working hours from dispatch like the repairs of §3.1 [D].
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from hotline.cases.model import DeadlineType, RepairClass, UnknownSla, Urgency


class Basis(StrEnum):
    """Which clock runs: round the clock, office hours, or whole working days."""

    WALL = "wall"
    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"


class StartEvent(StrEnum):
    """What a clock starts from."""

    REGISTERED = "registered"
    ACCEPTED = "accepted"
    DISPATCHED = "dispatched"
    CREW_ASSIGNED = "crew_assigned"
    APPOINTMENT = "appointment"
    RETURN_REQUESTED = "return_requested"
    REPORTED = "reported"
    CHECK_SENT = "check_sent"
    PASSED = "passed"
    REWORK_ORDERED = "rework_ordered"


@dataclass(frozen=True, slots=True)
class Limit:
    """``amount`` is minutes on the wall and in office hours, days in working days."""

    basis: Basis
    amount: int

    @property
    def time(self) -> timedelta:
        """The limit as a length; only days have none of their own."""
        if self.basis is Basis.WORKING_DAYS:
            raise ValueError("working days have no fixed length")
        return timedelta(minutes=self.amount)


@dataclass(frozen=True, slots=True)
class SlaPolicy:
    """One SLA code, read. ``finish`` is the limit of the whole job, counted from ``finish_from``."""

    code: str
    finish: Limit
    finish_from: StartEvent
    emergency: bool = False
    repair_class: RepairClass | None = None
    on_site: bool = False

    @property
    def by_appointment(self) -> bool:
        """Whether a confirmed appointment moves the clocks (§2.5 pt 7); danger waits for none."""
        return self.repair_class is RepairClass.HOUSEHOLD and not self.emergency


def minutes(amount: int) -> Limit:
    return Limit(Basis.WALL, amount)


def hours(amount: int) -> Limit:
    return Limit(Basis.WALL, amount * 60)


def working_hours(amount: int) -> Limit:
    return Limit(Basis.WORKING_HOURS, amount * 60)


def working_days(amount: int) -> Limit:
    return Limit(Basis.WORKING_DAYS, amount)


EMERGENCY_PREFIX = "EM"
CONTROL_LIMIT = hours(2)
"""Danger fenced, valved or switched off (§3.3 EM); also the finish of an emergency without a repair [D]."""


def _repair(code: str, length: int, start: StartEvent, size: RepairClass) -> SlaPolicy:
    return SlaPolicy(code, hours(length), start, repair_class=size, on_site=True)


def _order(code: str, length: int) -> SlaPolicy:
    return SlaPolicy(code, working_hours(length), StartEvent.DISPATCHED, on_site=True)


def _office(code: str, days: int, *, on_site: bool = False) -> SlaPolicy:
    return SlaPolicy(code, working_days(days), StartEvent.ACCEPTED, on_site=on_site)


_SINGLE_CODES = (
    _repair("HH6", 6, StartEvent.ACCEPTED, RepairClass.HOUSEHOLD),
    _repair("MN12", 12, StartEvent.DISPATCHED, RepairClass.MINOR),
    _repair("MJ24", 24, StartEvent.DISPATCHED, RepairClass.MAJOR),
    _repair("SP48", 48, StartEvent.DISPATCHED, RepairClass.SPECIAL),
    *(_order(f"WH{length}", length) for length in (2, 4, 5)),
    *(_office(f"WD{days}", days, on_site=True) for days in (1, 2, 4, 5, 15)),
    _office("CQ", 1),
    _office("CP5", 5),
    _office("SG", 5),
    _office("PR", 2),
    SlaPolicy("XF", minutes(30), StartEvent.ACCEPTED),
)


def _with_emergency(policy: SlaPolicy) -> SlaPolicy:
    """EM before a repair: every clock of the row starts at acceptance, the repair's own too (§3.3)."""
    return SlaPolicy(
        f"{EMERGENCY_PREFIX}+{policy.code}",
        policy.finish,
        StartEvent.ACCEPTED,
        emergency=True,
        repair_class=policy.repair_class,
        on_site=True,
    )


SLA_POLICIES: Mapping[str, SlaPolicy] = {
    policy.code: policy
    for policy in (
        *_SINGLE_CODES,
        SlaPolicy(EMERGENCY_PREFIX, CONTROL_LIMIT, StartEvent.ACCEPTED, emergency=True, on_site=True),
        *(_with_emergency(policy) for policy in _SINGLE_CODES if policy.repair_class),
    )
}
"""Every code there is: the single ones, ``EM`` alone, and ``EM`` with each repair size."""


def parse_sla(code: str) -> SlaPolicy:
    """The policy of an SLA code such as ``HH6``, ``EM`` or ``EM+MJ24``; UnknownSla for any other."""
    try:
        return SLA_POLICIES[code]
    except KeyError:
        raise UnknownSla(sla=code) from None


def sla_for_repair(code: str, size: RepairClass) -> str:
    """The code when the agent finds another repair size than the category's default (§3.2, C6)."""
    policy = parse_sla(code)
    single = next(p.code for p in _SINGLE_CODES if p.repair_class is size)
    return f"{EMERGENCY_PREFIX}+{single}" if policy.emergency else single


PROCESS_LIMITS: Mapping[DeadlineType, Mapping[Urgency, Limit | None]] = {
    clock: dict(zip((Urgency.E0, Urgency.E1, Urgency.N), limits, strict=True))
    for clock, limits in {
        # E0 is accepted while the caller is on the line: there is nothing to count.
        DeadlineType.ACCEPT: (None, minutes(10), minutes(30)),
        DeadlineType.DISPATCH: (minutes(2), minutes(10), working_hours(1)),
        DeadlineType.SIGN: (minutes(3), minutes(15), working_hours(1)),
        DeadlineType.CONTACT: (minutes(10), minutes(30), working_hours(4)),
        DeadlineType.ARRIVE: (minutes(30), minutes(30), minutes(30)),
        DeadlineType.RETURN_REQUEST: (minutes(15), minutes(30), working_hours(4)),
        DeadlineType.RETURN_DECISION: (minutes(30), minutes(30), working_hours(4)),
        DeadlineType.REVIEW: (minutes(30), hours(2), working_days(1)),
        DeadlineType.CHECK: (hours(2), hours(4), working_days(1)),
        DeadlineType.CALLBACK: (hours(24), hours(24), working_days(2)),
    }.items()
}
"""§3.4 by urgency; the return decision is §2.4 A3."""


def process_limit(clock: DeadlineType, urgency: Urgency, policy: SlaPolicy | None = None) -> Limit | None:
    """The limit of a process clock, or None where nothing is counted.

    An emergency code has E0's limits whatever the category's urgency (§3.3 EM). Only work on site has an
    arrival to count (§3.4).
    """
    if policy is not None and clock is DeadlineType.ARRIVE and not _has_arrival(policy, urgency):
        return None
    if policy is not None and policy.emergency:
        urgency = Urgency.E0
    return PROCESS_LIMITS[clock][urgency]


def _has_arrival(policy: SlaPolicy, urgency: Urgency) -> bool:
    is_visit = policy.emergency or policy.repair_class is not None
    return is_visit or (urgency.is_urgent and policy.on_site)


def rework_limit(limit: Limit) -> Limit:
    """Half the original limit, at least two hours or one working day (§2.5 pt 9); half days round up."""
    if limit.basis is Basis.WORKING_DAYS:
        return working_days(max(1, math.ceil(limit.amount / 2)))
    return Limit(limit.basis, max(120, math.ceil(limit.amount / 2)))
