"""The demo organisation: units, crews, people of every role and places, for trying the hotline out."""
