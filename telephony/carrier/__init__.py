"""A second Asterisk that plays the carrier and the citizens: real SIP calls on one machine, without root."""
