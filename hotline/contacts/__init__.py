"""Contacts: citizens and the identities they have in each channel. The reference slice: read it first."""
