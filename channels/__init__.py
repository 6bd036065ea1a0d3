"""Channels: platforms through which citizens write, behind the ports ``hotline.ports.channel``.

Imports the ports and ``hotline.errors`` only; holds no SQL.
"""
