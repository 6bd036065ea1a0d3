"""Web: HTTP, sessions, the live socket. Knows nothing of the trade; slices give it endpoints and feeds."""
