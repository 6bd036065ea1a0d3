"""The line: the exchange while we own it, and nothing otherwise."""

from __future__ import annotations

from hotline.errors import Unavailable
from hotline.ports.pbx import Pbx


class Line:
    """Given to whoever acts on calls; the driver attaches the exchange and takes it away again."""

    def __init__(self) -> None:
        self._pbx: Pbx | None = None

    @property
    def is_up(self) -> bool:
        """Whether calls are known and can be acted on."""
        return self._pbx is not None and self._pbx.is_up

    @property
    def pbx(self) -> Pbx:
        """The exchange. Raises ``Unavailable`` ("line_down")."""
        if self._pbx is None:
            raise Unavailable("line_down")
        return self._pbx

    def attach(self, pbx: Pbx | None) -> None:
        """The exchange is ours, or (None) no longer."""
        self._pbx = pbx

    def heartbeat(self) -> None:
        """The router's sign of life."""
        if self._pbx is not None:
            self._pbx.heartbeat()
