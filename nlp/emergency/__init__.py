"""Emergency rules U1 to U11 (DOMAIN §4.4): data in ``nlp/data``, and the engine that reads it."""
