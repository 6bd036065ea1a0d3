"""Hotline: a city's call centre and service hotline."""

__version__ = "0.1.0"
