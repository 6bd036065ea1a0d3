"""Conversations: what citizens, agents and the hotline itself write to each other."""
