"""A real Asterisk beside the hotline: obtained without root, configured from settings, run and adopted."""
