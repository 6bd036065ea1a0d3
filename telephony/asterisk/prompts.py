"""The prompts callers hear: the packaged ones, each replaced by the site's own where that can be played."""

from __future__ import annotations

import shutil
import wave
from pathlib import Path

PACKAGED = Path(__file__).parent / "sounds"
LANGUAGES = ("zh", "en")
PLAIN = (".alaw", ".gsm")
"""Endings of sound without a header, played as it is."""


def names(language: str) -> list[str]:
    """The prompts that there are."""
    return sorted(path.stem for path in (PACKAGED / language).glob("*.alaw"))


def trouble_with(file: Path) -> str | None:
    """Why the exchange could not play a site's own file; None when it can.

    A file that cannot be played would be silence, so the packaged prompt stays in its place.
    """
    if file.suffix in PLAIN:
        return None if file.stat().st_size else "empty"
    if file.suffix != ".wav":
        return "not .wav, .alaw or .gsm"
    try:
        with wave.open(str(file), "rb") as sound:
            form = (sound.getframerate(), sound.getsampwidth(), sound.getnchannels())
            if sound.getnframes() == 0:
                return "empty"
    except (wave.Error, EOFError, OSError) as error:
        return str(error) or "not readable"
    if form != (8000, 2, 1):
        return f"{form[0]} Hz, {8 * form[1]} bit, {form[2]} channels; 8000 Hz, 16 bit, 1 channel is needed"
    return None


def own_files(own: Path, language: str, name: str) -> list[Path]:
    """The site's own files of one prompt, whether or not they can be played."""
    return sorted(path for path in (own / language).glob(f"{name}.*") if path.is_file())


def unusable(own: Path) -> list[str]:
    """What of a site's own is not played, and why."""
    files = [file for one in LANGUAGES for name in names(one) for file in own_files(own, one, name)]
    found = [(file, trouble_with(file)) for file in files]
    return [f"{file.parent.name}/{file.name}: {trouble}" for file, trouble in found if trouble is not None]


def link_prompts(own: Path, target: Path) -> None:
    """Put every prompt where the exchange looks for it: ``target/LANGUAGE/hotline``."""
    for language in LANGUAGES:
        folder = target / language / "hotline"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in names(language):
            chosen = [file for file in own_files(own, language, name) if trouble_with(file) is None]
            for file in chosen or [PACKAGED / language / f"{name}.alaw"]:
                (folder / file.name).symlink_to(file.absolute())
