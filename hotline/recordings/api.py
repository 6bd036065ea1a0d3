"""Routes of recordings."""

from __future__ import annotations

import asyncio
from datetime import datetime

from aiohttp import web
from pydantic import Field

from hotline.errors import NotFound
from hotline.ports.clock import Clock
from hotline.recordings.listening import Listening
from hotline.recordings.mixing import NoSound, outline
from hotline.recordings.model import LINK_LASTS
from hotline.web.endpoint import Call, Endpoints, Schema

POINTS = 800


class Reason(Schema):
    """Why it is listened to; may be left out for the own calls."""

    reason: str | None = Field(default=None, max_length=200)


class Token(Schema):
    """What the link was given."""

    token: str = Field(max_length=120)


class LinkView(Schema):
    """Where the sound (WAV: the caller left, agents right) and its outline can be fetched, and how long."""

    url: str
    peaks_url: str
    expires_at: datetime


class PeaksView(Schema):
    """For each channel its peaks from 0 to 1, evenly spread over the recording."""

    channels: list[list[float]]


def recording_endpoints(clock: Clock, listening: Listening) -> Endpoints:
    """``/api/recordings``. Rights depend on the call: see ``Listening``."""
    api = Endpoints("recordings")

    @api.post("/api/recordings/{id}/link")
    async def link(call: Call, query: Reason) -> LinkView:
        """A link for ten minutes; asking is audited."""
        recording_id = call.path["id"]
        expires_at = clock.now() + LINK_LASTS
        token = await listening.link(call.who, recording_id, query.reason, call.address)
        path = f"/api/recordings/{recording_id}"
        return LinkView(
            url=f"{path}/audio?token={token}", peaks_url=f"{path}/peaks?token={token}", expires_at=expires_at
        )

    @api.get("/api/recordings/{id}/audio")
    async def audio(call: Call, query: Token) -> bytes:
        """The sound, in parts if the player wants so."""
        path = await listening.file(call.who, call.path["id"], query.token, call.address)
        headers = {"Content-Type": "audio/wav", "Cache-Control": "private, no-store"}
        return web.FileResponse(path, headers=headers)  # type: ignore[return-value]

    @api.get("/api/recordings/{id}/peaks")
    async def peaks(call: Call, query: Token) -> PeaksView:
        """The outline of the sound."""
        path = await listening.file(call.who, call.path["id"], query.token, call.address)
        try:
            return PeaksView(channels=await asyncio.to_thread(outline, path, POINTS))
        except NoSound:
            raise NotFound() from None

    return api
