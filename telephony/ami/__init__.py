"""The link to Asterisk's manager interface: panoramisk's classes with their faults mended.

``link.AmiLink`` is what the rest of the package uses. Each mended fault has its test in
``tests/contract/test_ami_faults.py``.
"""
