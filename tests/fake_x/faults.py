"""What can go wrong, queued for coming requests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from tests.fake_x.messages import PROBLEMS, Reply, as_json, plain_problem

CREATE = "POST /2/tweets"


class Wire(Enum):
    """What happens to the answer on its way."""

    WHOLE = auto()
    CLOSED_UNREAD = auto()
    CLOSED = auto()
    SILENT = auto()
    DRIP = auto()
    DRIP_HEADERS = auto()
    TRUNCATED = auto()


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault. ``apply`` says whether the request takes effect, ``late`` after how many seconds it does so.

    ``reply`` is given in place of the true one; ``on`` is the method and path it waits for, empty for any.
    """

    name: str
    apply: bool = True
    wire: Wire = Wire.WHOLE
    reply: Reply | None = None
    late: float = 0.0
    on: str = CREATE


def lost_request(on: str = CREATE) -> Fault:
    return Fault(name="lost request", apply=False, wire=Wire.CLOSED_UNREAD, on=on)


def lost_answer(on: str = CREATE) -> Fault:
    return Fault(name="lost answer", wire=Wire.CLOSED, on=on)


def silence(*, applied: bool = True, on: str = CREATE) -> Fault:
    return Fault(name=f"silence, applied={applied}", apply=applied, wire=Wire.SILENT, on=on)


def drip(on: str = CREATE) -> Fault:
    return Fault(name="drip", wire=Wire.DRIP, on=on)


def drip_headers(on: str = CREATE) -> Fault:
    return Fault(name="drip headers", wire=Wire.DRIP_HEADERS, on=on)


def truncated(on: str = CREATE) -> Fault:
    return Fault(name="truncated", wire=Wire.TRUNCATED, on=on)


def late_apply(seconds: float, on: str = CREATE) -> Fault:
    return Fault(name="late apply", wire=Wire.CLOSED, late=seconds, on=on)


def answered(status: int, *, applied: bool = False, headers: dict[str, str] | None = None, on: str = CREATE) -> Fault:
    """A problem with this status and these headers."""
    reply = plain_problem(status, "Problem", f"Status {status}.").with_headers(headers or {})
    return Fault(name=f"status {status}, applied={applied}", apply=applied, reply=reply, on=on)


def given(reply: Reply, *, applied: bool = False, on: str = CREATE) -> Fault:
    """This very reply."""
    return Fault(name=f"given {reply.status}", apply=applied, reply=reply, on=on)


def redirect(status: int, location: str, *, applied: bool = False, on: str = CREATE) -> Fault:
    return Fault(
        name=f"redirect {status}", apply=applied, reply=Reply(status=status, headers={"location": location}), on=on
    )


def html(*, applied: bool = True, on: str = CREATE) -> Fault:
    page = Reply(status=200, body=b"<html><title>Welcome</title></html>", headers={"content-type": "text/html"})
    return Fault(name="html", apply=applied, reply=page, on=on)


def empty(*, applied: bool = True, on: str = CREATE) -> Fault:
    return Fault(name="empty 201", apply=applied, reply=Reply(status=201), on=on)


def errors_only(*, applied: bool = False, on: str = CREATE) -> Fault:
    problem = {"type": f"{PROBLEMS}/internal-error", "title": "Internal", "detail": "Something went wrong."}
    return Fault(name="errors only", apply=applied, reply=as_json(200, {"errors": [problem]}), on=on)
