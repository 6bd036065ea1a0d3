"""Places: the gazetteer of roads, communities and other points that addresses are found by."""
