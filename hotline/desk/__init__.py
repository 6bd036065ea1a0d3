"""The desk: drafts that survive anything, and turning what a citizen says into a case."""
