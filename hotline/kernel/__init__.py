"""Kernel: what every slice stands on and that knows nothing of the trade."""
