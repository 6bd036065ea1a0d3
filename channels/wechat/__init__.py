"""A WeChat official account: signed callbacks in, customer-service messages out."""
