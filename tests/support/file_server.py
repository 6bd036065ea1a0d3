"""A server that hands out one file, as good and as bad as servers of models are."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileServer:
    """``content`` under any path. ``cut_after``: the next answer breaks off after so many bytes."""

    def __init__(self) -> None:
        self.content = b""
        self.cut_after: int | None = None
        self.knows_ranges = True
        self.status = 200
        self.ranges: list[str | None] = []
        self.url = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """One GET."""
        wanted = handler.headers.get("Range")
        self.ranges.append(wanted)
        begin = 0
        if self.status != 200:
            handler.send_error(self.status)
            return
        if wanted is not None and self.knows_ranges:
            begin = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if begin >= len(self.content):
                handler.send_error(416)
                return
            handler.send_response(206)
            handler.send_header("Content-Range", f"bytes {begin}-{len(self.content) - 1}/{len(self.content)}")
        else:
            handler.send_response(200)
        handler.send_header("Content-Length", str(len(self.content) - begin))
        handler.end_headers()
        cut, self.cut_after = self.cut_after, None
        handler.wfile.write(self.content[begin : None if cut is None else begin + cut])


@contextmanager
def file_server() -> Iterator[FileServer]:
    """One that runs on this machine."""
    files = FileServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            files.answer(self)

        def log_message(self, *_: object) -> None:
            """Quietly."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        files.url = f"http://127.0.0.1:{server.server_port}/model.zip"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield files
        finally:
            server.shutdown()
            thread.join()
