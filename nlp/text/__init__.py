"""Text before it is understood: one form for all ways of writing, and cutting into words."""
