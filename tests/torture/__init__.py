"""Proof by trying: enumerated crashes and freezes, seeded campaigns, and a state machine, all on a virtual clock.

``python -m tests.torture --help`` says how to run more of it, and how to replay one case.
"""
