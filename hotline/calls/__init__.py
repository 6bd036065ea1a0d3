"""Calls: what the exchange tells of them, how they pass through the queue, and those that were missed."""
