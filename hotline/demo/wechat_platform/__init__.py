"""A stand-in for the WeChat official account platform, for tests and ``hotline demo wechat``.

A process of its own that speaks HTTP only: it signs and posts callbacks, retries them, and serves the part
of ``/cgi-bin`` that a service desk needs, by the platform's public documentation. It shares no code with the
adapter it tests: no module here imports anything else of this project.
"""
