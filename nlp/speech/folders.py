"""Model folders: whose they are, and a digest of what is in them."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

OWN = "module:"
"""Before the name of a Python module that is an engine: see ``nlp.speech.worker``."""
ENGINES = ("vosk", "faster-whisper", "sherpa-onnx")
PACKAGES = {
    "vosk": ("vosk", "vosk"),
    "faster-whisper": ("faster_whisper", "citizen-hotline[whisper]"),
    "sherpa-onnx": ("sherpa_onnx", "citizen-hotline[sherpa]"),
}
"""What an engine is imported as, and what brings it."""
BLOCK = 1 << 20


class WrongFolder(Exception):
    """``code``: "speech_no_model", or "speech_model_wrong" with the engine it is of in ``found``."""

    def __init__(self, code: str, folder: Path, found: str = "") -> None:
        self.code, self.folder, self.found = code, folder, found
        super().__init__(f"{folder}: {f'a model of {found}' if found else 'no model'}")


def engine_of(folder: Path) -> str | None:
    """The engine whose model a folder holds, by its files; None when it holds none."""
    if (folder / "am" / "final.mdl").is_file() or (folder / "final.mdl").is_file():
        return "vosk"
    if (folder / "model.bin").is_file() and (folder / "config.json").is_file():
        return "faster-whisper"
    if (folder / "tokens.txt").is_file() and any(folder.glob("*.onnx")):
        return "sherpa-onnx"
    return None


def missing_package(engine: str) -> str | None:
    """What has to be installed for ``engine``; None when nothing has."""
    module, package = PACKAGES.get(engine, (engine.removeprefix(OWN), engine))
    try:
        found = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        found = None
    return None if found is not None else package


def model_folder(engine: str, folder: Path) -> Path:
    """Where the model of ``engine`` is: ``folder``, or the one folder in it. Raises ``WrongFolder``."""
    if not folder.is_dir():
        raise WrongFolder("speech_no_model", folder)
    if engine.startswith(OWN):
        return folder
    inner: list[Path] = [one for one in folder.iterdir() if one.is_dir() and not one.name.startswith(".")]
    candidates = [folder, *inner] if len(inner) == 1 else [folder]
    for candidate in candidates:
        found = engine_of(candidate)
        if found == engine:
            return candidate
        if found is not None:
            raise WrongFolder("speech_model_wrong", folder, found)
    raise WrongFolder("speech_no_model", folder)


def digest(folder: Path) -> str:
    """SHA-256 over the names and contents of all files: the same model gives the same digest anywhere."""
    whole = hashlib.sha256()
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        whole.update(path.relative_to(folder).as_posix().encode() + b"\0")
        part = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                part.update(block)
        whole.update(part.digest())
    return whole.hexdigest()
