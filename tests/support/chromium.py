"""The browser that tests drive: Chromium and a Chinese font, both out of npm packages.

The package @sparticuz/chromium carries the program compressed; it is unpacked once into build/. The font
comes from @expo-google-fonts/noto-sans-sc. Nothing of the system is used but its C library.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from scripts import build_ui
from tests.support.parts import part_is_missing

MODULES = build_ui.ROOT / "agents_ui" / "node_modules"
PACKAGE = MODULES / "@sparticuz" / "chromium"
FONTS = MODULES / "@expo-google-fonts" / "noto-sans-sc"
WEIGHTS = ("400Regular", "500Medium", "600SemiBold", "700Bold")
REMEDY = "run `make test`, or `python scripts/build_ui.py tools`"

UNPACK = """
import fs from 'node:fs'; import zlib from 'node:zlib'; import { pipeline } from 'node:stream/promises'
const [from, to] = process.argv.slice(1)
for (const name of fs.readdirSync(from)) {
  if (!name.endsWith('.br')) continue
  const out = fs.createWriteStream(`${to}/${name.slice(0, -3)}`)
  await pipeline(fs.createReadStream(`${from}/${name}`), zlib.createBrotliDecompress(), out)
}
"""


@dataclass(frozen=True)
class Chromium:
    """An executable and the environment it needs for its libraries and fonts."""

    executable: Path
    environment: dict[str, str]


def chromium() -> Chromium:
    """The browser, unpacked when that was not done yet. HOTLINE_BROWSER names another executable."""
    chosen = os.environ.get("HOTLINE_BROWSER")
    if chosen:
        return Chromium(Path(chosen), dict(os.environ))
    if not (PACKAGE / "package.json").is_file() or not FONTS.is_dir():
        part_is_missing("the browser for tests", REMEDY)
    version = json.loads((PACKAGE / "package.json").read_text())["version"]
    folder = build_ui.ROOT / "build" / f"chromium-{version}"
    if not folder.is_dir():
        _unpack(folder)
    environment = {
        "FONTCONFIG_FILE": str(_font_configuration(folder)),
        "HOME": str(folder),
        "LD_LIBRARY_PATH": f"{folder / 'lib'}{os.pathsep}{folder}",
        "PATH": os.environ.get("PATH", ""),
        "TZ": "Asia/Shanghai",
    }
    return Chromium(folder / "chromium", environment)


def _unpack(folder: Path) -> None:
    """Unpacks beside the target and renames, so that a killed run leaves nothing half done."""
    folder.parent.mkdir(exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix="chromium-", dir=folder.parent))
    node = build_ui.npm_command()[0]
    subprocess.run(
        [node, "--input-type=module", "-e", UNPACK, str(PACKAGE / "bin"), str(fresh)],
        check=True,
        stdin=subprocess.DEVNULL,
    )
    for name in ("al2023.tar", "swiftshader.tar"):
        with tarfile.open(fresh / name) as archive:
            archive.extractall(fresh, filter="data")
        (fresh / name).unlink()
    (fresh / "chromium").chmod(0o755)
    try:
        fresh.rename(folder)
    except OSError:
        # Another session was quicker; its copy is the same.
        shutil.rmtree(fresh)


def _font_configuration(folder: Path) -> Path:
    folders = "".join(f"<dir>{escape(str(FONTS / weight))}</dir>" for weight in WEIGHTS)
    families = "".join(
        f"<alias><family>{name}</family><prefer><family>Noto Sans SC</family></prefer></alias>"
        for name in ("sans-serif", "serif", "monospace", "system-ui")
    )
    path = folder / "fonts.conf"
    wanted = (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"{folders}<cachedir>{escape(str(folder / 'font-cache'))}</cachedir>{families}</fontconfig>\n"
    )
    if not path.is_file() or path.read_text() != wanted:
        path.write_text(wanted)
    return path
