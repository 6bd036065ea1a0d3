"""Surveys: the citizen is asked whether it is really done; a bad answer is looked at by a person."""
