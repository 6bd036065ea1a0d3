"""The built pages: immutable assets by hash, HTML never cached, a clear page when the UI was not built."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from aiohttp import web

IMMUTABLE = "public, max-age=31536000, immutable"
PREFIX = "/ui/"


def built_ui() -> Path | None:
    """The folder of the built UI inside the package, or None when this installation has none."""
    folder = Path(str(resources.files("hotline.web") / "static" / "ui"))
    return folder if (folder / "index.html").is_file() else None


class Pages:
    """Serves the staff and the citizen application; unknown paths below them belong to their routers."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def add_to(self, app: web.Application) -> None:
        """Add the routes: ``/`` and ``/desk…`` are staff pages, ``/citizen…`` the citizen's."""
        app.router.add_get(PREFIX + "{path:.*}", self._asset)
        for pattern in ("/citizen", "/citizen/{rest:.*}"):
            app.router.add_get(pattern, self._citizen)
        for pattern in ("/", "/{page:(?!api|ui/|healthz|metrics|citizen)[a-z].*}"):
            app.router.add_get(pattern, self._staff)

    async def _asset(self, request: web.Request) -> web.StreamResponse:
        if self._folder is None:
            raise web.HTTPNotFound
        try:
            wanted = (self._folder / request.match_info["path"]).resolve()
            found = wanted.is_relative_to(self._folder.resolve()) and wanted.is_file()
        except (ValueError, OSError) as error:  # a NUL in the path, or longer than any file's
            raise web.HTTPNotFound from error
        if not found:
            raise web.HTTPNotFound
        cache = IMMUTABLE if "assets" in wanted.parts else "no-cache"
        return web.FileResponse(wanted, headers={"Cache-Control": cache})

    async def _staff(self, _request: web.Request) -> web.StreamResponse:
        return self._page("index.html")

    async def _citizen(self, _request: web.Request) -> web.StreamResponse:
        return self._page("citizen.html")

    def _page(self, name: str) -> web.StreamResponse:
        if self._folder is None:
            text = "The user interface was not built. Run 'make run', or install the released wheel."
            return web.Response(status=503, text=text)
        return web.FileResponse(self._folder / name, headers={"Cache-Control": "no-cache"})
