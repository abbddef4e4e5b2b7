"""The whole campaign as one zip file: the same content gives the same bytes, and a manifest says what they are."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

LEFT_OUT = "left out of the archive"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""A zip cannot say an earlier time, and any real one would change the bytes."""
_SECRET_KEYS = {"webhook", "apprise", "ping_url", "smtp_user", "smtp_password", "password"}
_WITH_PASSWORD = re.compile(r"://[^/@\s]+@")


def zipped(files: Mapping[str, bytes], facts: Mapping[str, object]) -> bytes:
    """The files by name in one zip, with ``manifest.json``: the facts, and size and SHA-256 of each file.

    Stored and not compressed, so that no version of a library changes the bytes.
    """
    listed = [
        {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in sorted(files.items())
    ]
    manifest = json.dumps({**facts, "files": listed}, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted([*files.items(), ("manifest.json", manifest.encode())]):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, content)
    return written.getvalue()


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """A text in which every one of these secrets is blotted out."""
    for secret in sorted((secret for secret in secrets if secret), key=len, reverse=True):
        text = text.replace(secret, LEFT_OUT)
    return text


def public_config(text: str) -> str:
    """A config.toml without what is a secret in it: addresses of alarms that let anybody in, and passwords of a database.

    A file in which a secret is written so that it cannot be found in the text is left out as a whole.
    """
    try:
        secrets = tuple(_secrets(tomllib.loads(text)))
        public = without_secrets(text, secrets)
        if set(secrets) & set(_secrets(tomllib.loads(public))):
            return f"# {LEFT_OUT}: it holds secrets that could not be taken out of it.\n"
    except tomllib.TOMLDecodeError:
        return f"# {LEFT_OUT}: it cannot be read.\n"
    return public


def _secrets(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _secrets(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _secrets(inner, key)
    elif isinstance(value, str) and value != LEFT_OUT and (key in _SECRET_KEYS or _WITH_PASSWORD.search(value)):
        yield value
