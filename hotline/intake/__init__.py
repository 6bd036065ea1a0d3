"""The door: everything that arrives enters here, once. With it, what a citizen may see and do."""
