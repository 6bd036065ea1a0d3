"""Settings: one frozen object, read once at start from file, environment and command line."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hotline.errors import ConfigurationError

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
FILE_NAME = "settings.json"
PREFIX = "HOTLINE_"


class Settings(BaseModel):
    """All that an operator may set. Every name can also be given as ``HOTLINE_<NAME>`` in the environment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data: Path
    """The folder that holds all state of this instance."""
    host: str = "127.0.0.1"
    port: int = Field(default=8620, ge=0, le=65535)
    database_url: str = ""
    """Empty: SQLite in the data folder. ``postgresql://USER:PASSWORD@HOST/NAME`` otherwise."""
    certificate: Path | None = None
    certificate_key: Path | None = None
    log_level: str = "INFO"
    service_name: Mapping[str, str] = {}
    """The hotline's own name by language; empty: the demo's, or a plain one."""
    service_scope: Mapping[str, str] = {}
    """What it looks after, in a line by language."""
    work_periods: str = "08:30-12:00;14:30-17:30"
    """DOMAIN appendix B, ``worktime``."""
    survey_days: int = Field(default=3, ge=1, le=30)
    """A citizen who does not answer the survey in the chat within so many days is exempt (DOMAIN §6.2)."""
    offer_seconds: int = Field(default=20, ge=5, le=120)
    """How long an agent may let an offer wait before it goes to the next one."""
    service_hours: str = ""
    """When calls are taken, every day in city time, e.g. ``08:00-20:00``; empty: round the clock. Whoever
    calls at another time hears so and is called back."""
    nobody_on_duty_seconds: int = Field(default=30, ge=0, le=600)
    """So long after the last agent with a telephone left, callers hear that nobody is on duty."""
    telephony: bool = True
    """False starts without lines."""
    wrap_up_seconds: int = Field(default=30, ge=5, le=300)
    """What an agent gets after a call to write down what was said; each extension is as long."""
    asterisk: str = ""
    """Path of an Asterisk; empty: the machine's own, else the distribution's packages in a cache."""
    telephony_port: int = Field(default=0, ge=0, le=64000)
    """First of the 1000 ports that the lines use: SIP on the first, WSS on the second, sound from the
    twentieth on. 0 derives them from the data folder."""
    sip_host: str = ""
    """Address on which SIP and browsers' phones are served; empty: that of ``host``."""
    sip_public_address: str = ""
    """This site's address as a carrier sees it, when there is address translation in between."""
    sound_language: Literal["zh", "en"] = "zh"
    """Language of the prompts that callers hear."""
    trunk_host: str = ""
    """The carrier or gateway, ``HOST`` or ``HOST:PORT``; empty: the demo's carrier, on this machine only."""
    trunk_user: str = ""
    """With a user the lines register at the carrier; without, calls are accepted by address alone."""
    trunk_password: str = ""
    trunk_transport: Literal["udp", "tcp"] = "udp"
    trunk_addresses: str = ""
    """Addresses or networks the carrier's calls come from, separated by commas; empty: ``trunk_host``."""
    trunk_caller_ids: str = ""
    """Our own numbers at the carrier, separated by commas; calls to citizens show the first."""
    number_areas: Path | None = None
    """A CSV file (``prefix,zh-CN,en``) that tells where mobile numbers are from; the area codes of land lines
    ship with the product."""
    classifier: bool = True
    """False: no category is proposed; the rules that find danger work all the same."""
    speech_engine: str = "vosk"
    """vosk, faster-whisper, sherpa-onnx, ``module:NAME`` for one of the site's own, or "off"."""
    speech_model: str = ""
    """Folder of the engine's model, or its name in the folder of models; empty: the engine's usual one."""
    speech_language: str = "zh"
    """What is spoken, for engines that know many languages."""
    speech_archive: bool = True
    """Whether every recording is transcribed once more, in its entirety."""
    wechat_app_id: str = ""
    """The official account's AppID; empty: no WeChat. The address to give at the console is
    ``https://HOST/channels/wechat``."""
    wechat_token: str = Field(default="", repr=False)
    """The token by which the console signs its calls."""
    wechat_aes_key: str = Field(default="", repr=False)
    """The console's EncodingAESKey when calls come encrypted; empty: they come plain."""
    wechat_secret: str = Field(default="", repr=False)
    """The AppSecret, by which the account's API is asked."""
    wechat_api_base: str = "https://api.weixin.qq.com"
    """Where that API is."""
    chats_per_agent: int = Field(default=3, ge=1, le=20)

    @property
    def database(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{self.data / 'hotline.db'}"

    @property
    def secrets_folder(self) -> Path:
        """Where keys are kept; back it up apart from the database."""
        return self.data / "secrets"

    @property
    def https(self) -> bool:
        """Whether pages are served over TLS."""
        return self.certificate is not None and self.certificate_key is not None


def load_settings(data: Path, given: Mapping[str, Any] | None = None) -> Settings:
    """Settings from ``DATA/settings.json``, then ``HOTLINE_*``, then ``given`` (later ones win).

    Raises ``ConfigurationError`` that names the setting, or ("https_needed") when pages would leave this
    machine unencrypted.
    """
    values: dict[str, Any] = {}
    path = data / FILE_NAME
    if path.exists():
        try:
            values |= json.loads(path.read_text("utf-8"))
        except ValueError as error:
            raise ConfigurationError("settings_unreadable", path=str(path), reason=str(error)) from error
    for name in Settings.model_fields:
        if (value := os.environ.get(PREFIX + name.upper())) is not None:
            values[name] = value
    values |= {k: v for k, v in (given or {}).items() if v is not None}
    values["data"] = data.absolute()
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError("setting_invalid", name=name, reason=first["msg"]) from error
    if settings.host not in LOOPBACK and not settings.https:
        raise ConfigurationError("https_needed", host=settings.host)
    return settings
