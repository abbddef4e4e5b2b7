"""Builders of model values for tests. Everybody in here is made up."""

from __future__ import annotations

import hashlib
import struct
import zlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.model import (
    Draft,
    Media,
    Message,
    MessageState,
    Organisation,
    Post,
    PostKey,
    Ranking,
    Receipt,
    SeriesKind,
    Slot,
    Standing,
    Worker,
)

LONDON = ZoneInfo("Europe/London")
MONDAY = datetime(2027, 3, 8, 9, 0)  # noqa: DTZ001 - slots are local wall-clock times
BEFORE = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
"""A week before the first slot."""

PENDING, SENDING, POSTED, FAILED, HELD, UNKNOWN, DELETED = (
    MessageState.PENDING,
    MessageState.SENDING,
    MessageState.POSTED,
    MessageState.FAILED,
    MessageState.HELD,
    MessageState.UNKNOWN,
    MessageState.DELETED,
)
DRAFT, APPROVED, MISSED, SKIPPED = Standing.DRAFT, Standing.APPROVED, Standing.MISSED, Standing.SKIPPED


def a_slot(days: int = 0, hour: int = 9, minute: int = 0) -> Slot:
    """``days`` after Monday 8 March 2027, London time."""
    local = MONDAY.replace(hour=hour, minute=minute) + timedelta(days=days)
    return Slot(local=local, due_at=local.replace(tzinfo=LONDON).astimezone(UTC))


def a_worker(rank: int = 7, name: str = "Priya Example", **fields: object) -> Worker:
    """One row; ``fields`` are further fields of ``Worker``."""
    organisation = str(fields.pop("organisation", "Riverside Care"))
    values: dict[str, object] = {
        "worker_id": f"worker-{rank}-{name.casefold().replace(' ', '-')}",
        "rank": rank,
        "name": name,
        "organisation": organisation,
        "organisation_id": organisation.casefold().replace(" ", "-"),
        "count": 500 - 10 * rank,
    }
    return Worker(**{**values, **fields})  # type: ignore[arg-type]  # fields are checked by the dataclass


def a_ranking(*workers: Worker) -> Ranking:
    """A list with the organisations that follow from its workers."""
    members: dict[str, list[Worker]] = {}
    for worker in sorted(workers, key=lambda worker: worker.rank):
        members.setdefault(worker.organisation_id, []).append(worker)
    organisations = tuple(
        Organisation(
            organisation_id=key,
            name=people[0].organisation,
            handle=people[0].organisation_handle,
            worker_ids=tuple(person.worker_id for person in people),
            count=sum(person.count or 0 for person in people),
        )
        for key, people in members.items()
    )
    return Ranking(workers=tuple(sorted(workers, key=lambda worker: worker.rank)), organisations=organisations)


def a_message(
    text: str = "Well done!",
    *,
    position: int = 0,
    state: MessageState = MessageState.PENDING,
    media: tuple[Media, ...] = (),
    reason: str = "",
    message_id: int = 0,
) -> Message:
    """One message; a posted one has a receipt."""
    url = f"https://x.com/example/status/{1000 + message_id}"
    receipt = Receipt(network_id=str(1000 + message_id), url=url, posted_at=a_slot().due_at)
    return Message(
        message_id=message_id,
        position=position,
        draft=Draft(text=text, media=media),
        state=state,
        reason=reason,
        receipt=receipt if state is MessageState.POSTED else None,
    )


def a_post(
    *texts: str,
    code: str = "w07",
    slot: Slot | None = None,
    subject: str = "",
    kind: SeriesKind = SeriesKind.WORKERS,
    standing: Standing = Standing.DRAFT,
    messages: tuple[Message, ...] = (),
    account_id: int = 1,
) -> Post:
    """A post of the given texts, or of ready messages. Its id follows from its code and account."""
    parts = messages or tuple(
        a_message(text, position=position) for position, text in enumerate(texts or (f"Celebrating {code}.",))
    )
    return Post(
        post_id=int.from_bytes(f"{account_id}{code}".encode()),
        key=PostKey(series=kind.value, subject_id=subject or f"subject-of-{code}", account_id=account_id),
        kind=kind,
        code=code,
        slot=slot or a_slot(),
        digest=f"digest-{code}",
        messages=parts,
        standing=standing,
    )


def worker_post(worker: Worker, *texts: str, slot: Slot | None = None, standing: Standing = Standing.DRAFT) -> Post:
    """The post about one worker."""
    words = texts or (f"Number {worker.rank}: {worker.name} of {worker.organisation}.",)
    return a_post(*words, code=f"w{worker.rank:02}", slot=slot, subject=worker.worker_id, standing=standing)


def winner_post(*texts: str, slot: Slot | None = None, standing: Standing = Standing.DRAFT) -> Post:
    """The winner thread: Friday noon unless told otherwise."""
    return a_post(
        *(texts or ("Third place", "Second place", "And the winner")),
        code="winner",
        slot=slot or a_slot(days=4, hour=12),
        subject="podium",
        kind=SeriesKind.WINNER,
        standing=standing,
    )


def a_picture(alt_text: str = "A smile in the garden.") -> tuple[Media, bytes]:
    """A picture of 16 by 9 grey points, and its bytes."""
    rows = b"".join(b"\x00" + bytes((row * 20,) * 48) for row in range(9))
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", 16, 9, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    sha256 = hashlib.sha256(content).hexdigest()
    return Media(sha256=sha256, mime="image/png", size=len(content), alt_text=alt_text), content


_NAMES = (
    ("Priya Example", "Riverside Care"),
    ("Tom O\u2019Sample", "Harbour Homecare"),
    ("Si\u00e2n Placeholder", "Riverside Care"),
    ("\u0141ukasz Specimen", "Meadow View Trust"),
    ("Amina Testwood", "Harbour Homecare"),
    ("Grace Mock-Hughes", "Meadow View Trust"),
    ("Dev Fictional", "Lantern Support"),
    ("Ruth Pretend", "Lantern Support"),
    ("Kofi Invented", "Riverside Care"),
    ("Mair Imaginary", "Harbour Homecare"),
    ("Joan Madeup", "Meadow View Trust"),
    ("Ola Notreal", "Lantern Support"),
)


def a_top_list() -> Ranking:
    """Twelve made-up people of four organisations."""
    people = enumerate(_NAMES, start=1)
    return a_ranking(*(a_worker(rank, name, organisation=organisation) for rank, (name, organisation) in people))


def a_week(ranking: Ranking) -> tuple[Post, ...]:
    """The list's whole week: a countdown from Monday, organisations, and the winner thread on Friday at noon."""
    countdown = sorted((worker for worker in ranking.workers if worker.rank > 3), key=lambda worker: -worker.rank)
    posts = [
        worker_post(worker, _praise(worker), slot=a_slot(days=number // 3, hour=9 + 3 * (number % 3)))
        for number, worker in enumerate(countdown)
    ]
    for number, item in enumerate(ranking.organisations):
        text = f"Behind great support stands a great team. Thank you, {item.name}.\n\n#CareAwards2027"
        slot = a_slot(days=number, hour=16, minute=30)
        kind, code = SeriesKind.ORGANISATIONS, f"o{number + 1:02}"
        posts.append(a_post(text, code=code, slot=slot, subject=item.organisation_id, kind=kind))
    third, second, first = (ranking.workers[index] for index in (2, 1, 0))
    thread = winner_post(
        "The week has come to its last place of all. Here are the three care workers that people thanked most often.",
        f"In third place: {third.name} of {third.organisation}.\n\n#CareAwards2027",
        f"In second place: {second.name} of {second.organisation}.\n\n#CareAwards2027",
        f"And our Care Worker of the Year is {first.name} of {first.organisation}!\n\n#CareAwards2027",
        "Thank you to everybody who sent in a message of thanks. See you next year.",
    )
    return (*posts, thread)


def _praise(worker: Worker) -> str:
    who = "Families" if worker.rank % 2 else "Colleagues"
    return (
        f"{worker.name} of {worker.organisation} is number {worker.rank} on this year\u2019s list, "
        f"with {worker.count} messages of thanks.\n\n"
        f"{who} write about patience, good humour and a cup of tea at the right moment.\n\n#CareAwards2027"
    )
