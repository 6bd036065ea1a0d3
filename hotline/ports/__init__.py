"""Ports: the protocols and frozen data types at the edges of the core.

One module per port; a port imports the standard library and ``hotline.errors`` only.
"""
