"""Sorting texts into categories: features, training, the model, and its own process."""
