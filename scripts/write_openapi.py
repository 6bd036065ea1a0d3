"""Write the OpenAPI document that the TypeScript client is generated from: ``write_openapi.py FILE``."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from hotline.config import load_settings
from hotline.main import build
from hotline.web.openapi import openapi


def document() -> dict[str, Any]:
    """The document as the server would serve it, without a version: that is not part of the contract."""

    async def make() -> dict[str, Any]:
        with tempfile.TemporaryDirectory(prefix="hotline-openapi-") as data:
            hotline = build(load_settings(Path(data)))
            try:
                return openapi([e for group in hotline.endpoints for e in group.all], "0")
            finally:
                await hotline.database.close()

    return asyncio.run(make())


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(document(), indent=1, ensure_ascii=False) + "\n", "utf-8")
