"""Speech in the product: the plugin ``nlp.speech`` given this installation's settings, wired to calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from hotline.calls.caption_feeds import CaptionsFeed
from hotline.calls.captions import Captions
from hotline.calls.line import Line
from hotline.calls.worklist import WhoListens
from hotline.cases.service import Cases
from hotline.config import Settings
from hotline.errors import ConfigurationError
from hotline.kernel.audit import Audit
from hotline.kernel.db import Database
from hotline.kernel.db.interface import CommitListener
from hotline.kernel.events import Event
from hotline.kernel.leases import DatabaseLeases
from hotline.kernel.relay import Subscription
from hotline.kernel.workers import Supervisor
from hotline.lines import recordings_folder
from hotline.ports.clock import Clock
from hotline.ports.secrets import Secrets
from hotline.ports.transcriber import EngineState, EngineStatus, Segment, Transcriber
from hotline.recordings.listening import Listening
from hotline.recordings.transcribing import Transcribing
from hotline.recordings.transcript_api import transcript_endpoints
from hotline.recordings.transcripts import Transcripts
from hotline.web.endpoint import Endpoints
from hotline.web.health import HealthBoard, PartHealth
from hotline.web.live import Feed
from hotline.web.parts import switched_off
from nlp.speech.catalogue import default_model, known, known_models
from nlp.speech.fetching import fetch as fetch_model
from nlp.speech.fetching import installed_models
from nlp.speech.folders import ENGINES, OWN, WrongFolder, digest, missing_package, model_folder
from nlp.speech.transcriber import EngineSettings, ProcessTranscriber

__all__ = [
    "ENGINES",
    "OFF",
    "Speech",
    "digest",
    "engine_settings",
    "fetch_model",
    "installed_models",
    "known",
    "known_models",
    "models_folder",
    "speech_folder",
    "speech_health",
    "transcriber",
]

OFF = "off"
_SPEECH_CODES: Mapping[EngineState, str] = {
    EngineState.STARTING: "speech_loading",
    EngineState.RESTARTING: "speech_restarting",
    EngineState.DEAD: "speech_dead",
    EngineState.OFF: "speech_not_started",
}
"""Reasons of the health page; a missing model has its own of the engine."""


def models_folder(settings: Settings) -> Path:
    """Where models are kept that this product fetched."""
    return settings.data / "models"


def engine_settings(settings: Settings, engine: str = "", model: str = "") -> EngineSettings:
    """What engine is to run with what model. A model is a folder, or a name in the folder of models.

    Raises ``ConfigurationError`` ("setting_invalid") for an engine that there is not.
    """
    chosen = engine or settings.speech_engine
    if chosen not in (*ENGINES, OFF) and not chosen.startswith(OWN):
        reason = f"{chosen} is none of {', '.join(ENGINES)}, {OWN}NAME or {OFF}"
        raise ConfigurationError("setting_invalid", name="speech_engine", reason=reason)
    own_model = settings.speech_model if chosen == settings.speech_engine else ""
    named = model or own_model or default_model(chosen)
    is_path = "/" in named or "\\" in named
    folder = Path(named).absolute() if is_path else models_folder(settings) / named
    return EngineSettings(chosen, folder, settings.speech_language)


def transcriber(settings: Settings, engine: str = "", model: str = "") -> ProcessTranscriber:
    """An engine by itself; nothing is started yet."""
    return ProcessTranscriber(engine_settings(settings, engine, model))


def speech_health(status: EngineStatus, model: Path) -> PartHealth:
    """How the engine is doing, and what to do about it."""
    code, params = _SPEECH_CODES.get(status.state, status.code or "speech_model_wrong"), {"model": model.name}
    known = partial(PartHealth, code=code, params={**params, "engine": status.engine})
    match status.state:
        case EngineState.READY:
            return PartHealth("ok", f"{status.engine}, {status.model}")
        case EngineState.STARTING:
            return known("degraded", f"{status.engine} is loading {status.model}")
        case EngineState.MISSING_MODEL if status.code == "speech_no_model":
            return known("absent", f"no model at {model}: 'hotline models fetch {model.name}'")
        case EngineState.MISSING_MODEL if status.code == "speech_engine_missing":
            return known("degraded", f"{status.engine} is not installed: {status.detail}")
        case EngineState.MISSING_MODEL:
            return known("degraded", f"{model} holds no model of {status.engine}: {status.detail}")
        case EngineState.RESTARTING:
            return known("degraded", f"{status.engine} died and is started again: {status.detail}")
        case EngineState.DEAD:
            return known("down", f"{status.engine} dies again and again: {status.detail}")
        case EngineState.OFF:
            return known("absent", "not started")


def speech_folder(settings: Settings) -> PartHealth:
    """The same, without starting the engine: whether its package and its model are there."""
    chosen = engine_settings(settings)
    begun = EngineStatus(EngineState.READY, chosen.engine, chosen.model.name)
    try:
        model_folder(chosen.engine, chosen.model)
    except WrongFolder as error:
        begun = replace(begun, state=EngineState.MISSING_MODEL, code=error.code, detail=error.found)
    else:
        if (package := missing_package(chosen.engine)) is not None:
            detail = f"pip install {package}"
            begun = replace(
                begun, state=EngineState.MISSING_MODEL, code="speech_engine_missing", detail=detail
            )
    return speech_health(begun, chosen.model)


class Speech:
    """Captions of running calls, transcripts of recordings. Switched off, what there is can still be read."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        database: Database,
        leases: DatabaseLeases,
        audit: Audit,
        secrets: Secrets,
        cases: Cases,
        line: Line,
    ) -> None:
        self._settings, self._database = settings, database
        self._is_on = settings.speech_engine != OFF
        who, folder = WhoListens(cases), recordings_folder(settings)
        transcripts = Transcripts(clock)
        live = transcriber(settings)
        self._live: Transcriber = live
        self._model = engine_settings(settings).model
        self._captions = Captions(database, clock, line, transcripts, live)
        # An engine of its own: a long recording must not keep running calls from being understood.
        archive = transcriber(settings)
        self._transcribing = Transcribing(database, clock, leases, transcripts, archive, folder)
        self._listening = Listening(database, clock, audit, secrets, folder, who)
        self._feed = CaptionsFeed(self._captions, who)

    @property
    def feeds(self) -> Sequence[Feed]:
        """Live views."""
        return [self._feed]

    @property
    def endpoints(self) -> Sequence[Endpoints]:
        """Routes."""
        return [transcript_endpoints(self._database, self._listening)]

    def guesses(self, call_id: str) -> Mapping[str, tuple[Segment, int]]:
        """Words of a call that may still change, by the name of their segment."""
        return self._captions.partial(call_id)

    @property
    def subscriptions(self) -> Sequence[Subscription]:
        """What is to be heard of other slices."""
        return self._transcribing.subscriptions() if self._archives else []

    @property
    def wakes(self) -> Sequence[CommitListener]:
        """Whom commits wake."""
        return [self._captions.committed, self._transcribing.committed]

    @property
    def _archives(self) -> bool:
        return self._is_on and self._settings.speech_archive

    def work(self, supervisor: Supervisor, board: HealthBoard, signal: Callable[[Event], None]) -> None:
        """Workers and the health of the part; ``signal`` is told of words that may still change."""
        if not self._is_on:
            board.add("speech", switched_off)
            return
        self._captions.on_signal(signal)
        supervisor.add("captions", self._caption)
        if self._archives:
            supervisor.add("transcripts", self._transcribing.run)
        board.add("speech", self._health)

    async def _caption(self) -> None:
        await self._live.start()
        try:
            await self._captions.run()
        finally:
            await self._live.close()

    async def _health(self) -> PartHealth:
        return speech_health(self._live.status, self._model)
