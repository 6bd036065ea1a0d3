"""Which agents' telephones can be rung: known from the exchange alone, forgotten with the link."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable


class Phones:
    """Agents by id. Nothing of it is kept: the exchange tells it again after every reconnection."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._online: dict[str, float] = {}
        self._listeners: list[Callable[[], None]] = []

    def has(self, agent_id: str) -> bool:
        """Whether the agent's telephone can be rung now."""
        return agent_id in self._online

    def since(self, agent_id: str) -> float | None:
        """When it registered, in seconds of the clock given; None when it is not."""
        return self._online.get(agent_id)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` whenever a telephone comes or goes."""
        self._listeners.append(listener)

    def set(self, agent_id: str, online: bool) -> None:
        """The exchange says so."""
        if online:
            self._online[agent_id] = self._seconds()
        elif self._online.pop(agent_id, None) is None:
            return
        self._tell()

    def replace(self, agent_ids: Iterable[str]) -> None:
        """These and no others, as the exchange has just told."""
        now = self._seconds()
        self._online = {agent: self._online.get(agent, now) for agent in agent_ids}
        self._tell()

    def forget(self) -> None:
        """Without the link nobody can be rung by us."""
        self._online.clear()
        self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()
