"""Suggestions: danger in what a citizen says raises an alarm at once; the form is proposed with evidence."""
