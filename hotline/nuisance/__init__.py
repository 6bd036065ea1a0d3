"""Nuisance: callers whom agents propose for the list, and whom a shift lead confirms for a time or does not.

**What the list does.** It refuses nobody. A confirmed number waits like everybody, but behind those who came
up to ten minutes later (``queue.routing``), so that whoever needs help gets it, from a person, every time.
DOMAIN knows no right to turn a citizen away, a number is not a person, and the next call may be the real one.
"""
