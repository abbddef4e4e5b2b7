"""T13: do the suites have teeth? Bugs are put into a copy of the program, one at a time; a named suite must catch each.

``python -m tests.teeth --help`` says how to run it. The bugs are in ``bugs.py``.
"""
