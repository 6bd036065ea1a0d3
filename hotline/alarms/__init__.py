"""Alarms: what somebody in charge has to see now, until it is over or was seen to."""
