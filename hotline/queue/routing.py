"""Who is offered what: the specification of routing, and the pure functions that carry it out.

**Order.** Every item has a *rank*: the moment it began to wait, less the head start of its class
(``HEAD_START``; none for the normal class, less than none for the last). The smaller rank goes first; where
ranks are equal, the smaller id. It follows that

1. within a class nobody is overtaken: the order is the order of arrival;
2. an urgent item goes before every normal one that has waited less than the head start longer;
3. an item of the last class goes after every normal one that came less than its handicap later;
4. nobody starves, in no class: what arrives later than an item by more than the longest head start and the
   longest handicap together can never go before it.

**Place.** The rank is fixed when the item begins to wait. A refused, expired or returned offer leaves it as
it is, so the item is again where it was: before all that came later.

**Refusal.** An agent who declined an item, or let its offer expire, is not offered *that item* again for
``REFUSAL_HOLDS``; other agents are, and after that time the same agent is too. So an item that everybody
present has refused waits no longer than that for its next offer. A telephone that could not be reached
refused nothing: its agent is passed over for ``UNREACHED_HOLDS`` only.

**Capacity.** An agent gets an offer only when ready and present, not on the telephone nor in the wrap-up
after it, with nothing else on offer, and serving fewer than ``capacity`` conversations. A call takes a whole
agent: it is offered only to one who serves nothing and whose telephone can be rung.

**Choice.** Items are looked at by rank. Each goes to the agent, of those who may get it, who serves the
fewest; of those to the one whose last offer is longest ago; of those to the smallest id. An item that nobody
may get now is passed over and keeps its place. A call that is passed over *holds* one agent, the first by the
same order who could be rung but still serves somebody: that agent gets nothing younger. It follows that

5. no agent gets an offer while an older item waits that this agent could take instead;
6. no agent who may get something is left without an offer while an item waits that the agent could take,
   except one whom an older call holds; so a call waits for the end of one conversation, never for a lull;
7. an agent who lets offers pass is not asked first again: whoever was asked longest ago is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hotline.queue.model import Priority

HEAD_START: Mapping[Priority, timedelta] = {
    Priority.URGENT: timedelta(minutes=10),
    Priority.NORMAL: timedelta(0),
    Priority.LAST: timedelta(minutes=-10),
}
REFUSAL_HOLDS = timedelta(seconds=30)
UNREACHED_HOLDS = timedelta(seconds=2)
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Waiting:
    """An item without an offer. ``refusals`` says until when each agent's refusal holds."""

    id: str
    rank: datetime
    refusals: Mapping[str, datetime] = field(default_factory=dict)
    is_call: bool = False


@dataclass(frozen=True)
class Agent:
    """A ready agent with a page open, not on the telephone. ``has_offer``: one is out already.

    ``has_phone``: the agent's telephone can be rung.
    """

    id: str
    serving: int = 0
    has_offer: bool = False
    last_offered_at: datetime | None = None
    has_phone: bool = False


@dataclass(frozen=True)
class Offer:
    """Item ``item_id`` is to be offered to ``agent_id``."""

    item_id: str
    agent_id: str
    is_call: bool = False


def rank(waiting_since: datetime, priority: Priority) -> datetime:
    """Where an item stands in the line."""
    return waiting_since - HEAD_START[priority]


def may_get(agent: Agent, item: Waiting, capacity: int, now: datetime) -> bool:
    """Whether the rules on capacity and refusal let ``agent`` be offered ``item``."""
    if item.is_call:
        return agent.serving == 0 and may_get_when_free(agent, item, now)
    return agent.serving < capacity and may_get_when_free(agent, item, now)


def may_get_when_free(agent: Agent, item: Waiting, now: datetime) -> bool:
    """The same, were the agent serving nobody."""
    refused_until = item.refusals.get(agent.id)
    if agent.has_offer or (refused_until is not None and refused_until > now):
        return False
    return agent.has_phone or not item.is_call


def choose(waiting: Sequence[Waiting], agents: Sequence[Agent], capacity: int, now: datetime) -> list[Offer]:
    """The offers to make now, in the order of the line."""
    free = sorted(agents, key=lambda a: (a.serving, a.last_offered_at or _NEVER, a.id))
    offers: list[Offer] = []
    for item in sorted(waiting, key=lambda i: (i.rank, i.id)):
        chosen = next((agent for agent in free if may_get(agent, item, capacity, now)), None)
        if chosen is not None:
            free.remove(chosen)
            offers.append(Offer(item.id, chosen.id, item.is_call))
        elif item.is_call:
            held = next((agent for agent in free if may_get_when_free(agent, item, now)), None)
            if held is not None:
                free.remove(held)
    return offers
