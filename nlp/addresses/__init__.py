"""Addresses in what citizens say: places of the gazetteer, and a grammar for names it does not have."""
