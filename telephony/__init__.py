"""Telephony: Asterisk behind the ports ``hotline.ports.pbx`` and ``hotline.ports.callsink``.

Imports the ports and ``hotline.errors`` only; holds no SQL.
"""
