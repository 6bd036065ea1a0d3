"""What Python files import, read from their syntax, also where the import stands inside a function."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

PLUGINS = ("channels", "ivr", "nlp", "telephony")
KNOWING = tuple(
    f"hotline/{name}.py"
    for name in ("lines", "main", "messaging", "speech", "suggesting", "understanding", "workbench")
)
SQL = ("alembic", "asyncpg", "sqlalchemy", "sqlite3")


def imports_of(file: Path, package: str) -> Iterator[str]:
    """The dotted names that a module of `package` imports; `from a import b` counts as `a.b`."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"), str(file))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*package.split(".")[: len(package.split(".")) - node.level + 1], base])
            yield from (f"{base}.{alias.name}".strip(".") for alias in node.names)


def imports_below(folder: Path, root: Path) -> Iterator[tuple[str, str]]:
    """(file, imported name) for every module below `folder`; `root` holds the top-level packages."""
    for file in sorted(folder.rglob("*.py")):
        package = ".".join(file.relative_to(root).parts[:-1])
        for name in imports_of(file, package):
            yield str(file.relative_to(root)), name


def wrong_in_ports(root: Path) -> list[str]:
    """A port imports the standard library, `hotline.errors` and other ports."""
    return [
        f"{file}: {name}"
        for file, name in imports_below(root / "hotline" / "ports", root)
        if not (_is(name, "hotline.errors", "hotline.ports") or name.split(".")[0] in sys.stdlib_module_names)
    ]


def wrong_in_plugins(root: Path) -> list[str]:
    """A plugin knows ports and errors, no slice, no other plugin, and holds no SQL."""
    wrong = []
    for plugin in PLUGINS:
        for file, name in imports_below(root / plugin, root):
            of_ours = _is(name, "hotline") and not _is(name, "hotline.errors", "hotline.ports")
            if of_ours or _is(name, *SQL, *(other for other in PLUGINS if other != plugin)):
                wrong.append(f"{file}: {name}")
    return wrong


def wrong_about_plugins(root: Path) -> list[str]:
    """Of the core only the root, and the modules that give a plugin its settings, know plugins."""
    return [
        f"{file}: {name}"
        for file, name in imports_below(root / "hotline", root)
        if _is(name, *PLUGINS) and file not in KNOWING
    ]


def _is(name: str, *modules: str) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)
