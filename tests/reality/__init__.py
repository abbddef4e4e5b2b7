"""Real processes, real sockets, real databases: what happens when a machine does its worst.

A forking process (``zygote``) makes a fresh runner in milliseconds, strace kills it or lies to it at a chosen system
call, and the fake X on loopback counts what arrived. Suites T6 to T10 of the test plan stand in ``test_reality_*.py``.
"""
