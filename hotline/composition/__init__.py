"""How the parts are connected; only `hotline.main` uses it."""
