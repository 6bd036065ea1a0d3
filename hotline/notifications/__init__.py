"""Notifications: what the hotline tells people by itself, from templates that are data, with a log."""
