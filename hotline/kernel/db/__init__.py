"""The database behind one interface: SQLite with group commit, or PostgreSQL."""

from hotline.kernel.db.interface import Database, Reader, Tx
from hotline.kernel.db.schema import UtcDateTime, metadata

__all__ = ["Database", "Reader", "Tx", "UtcDateTime", "metadata"]
