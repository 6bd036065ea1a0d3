"""The mailroom: what platforms outside bring is kept and entered; what is written there is sent."""
