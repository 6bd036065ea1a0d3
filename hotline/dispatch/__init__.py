"""Dispatch: which unit a request is for."""
