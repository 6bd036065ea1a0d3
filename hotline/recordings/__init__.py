"""Recordings: one file per side of a call, found, mixed, and listened to with a reason."""
