"""Hostile and messy inputs, each with what campaign-bot says to it; ``tests/test_bad_input.py`` gives them to it.

One table for each kind. Files made by other programs lie in ``files``: the .xls by xlwt 1.3.0, ``locked.xlsx`` by
msoffcrypto-tool 6 (password "secret"), ``formulas_never_computed.xlsx`` by openpyxl 3.1.
"""

from __future__ import annotations
