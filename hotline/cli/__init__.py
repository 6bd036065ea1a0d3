"""The command line: ``hotline --help``."""

from hotline.cli.root import main

__all__ = ["main"]
