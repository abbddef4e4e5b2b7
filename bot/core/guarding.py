"""Before anything goes out for real: is this the computer, the database and the time that it should be?

Three things can make a sound program post twice or at the wrong time: a copied folder, a database that was put back to
an older state, and a clock that is wrong. Each is refused with a way out that looks at the account first. All of it is
checked once, when a runner starts; none of it concerns practice and rehearsals, which send nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.calls import SeenPost
from bot.core.counting import CallCount
from bot.core.desk import Desk
from bot.decisions import Decision, MessageUpdate, PostUpdate
from bot.errors import DatabaseError, NetworkRefusedError, PersonNeededError, Problem
from bot.lifecycle import is_final, state_of
from bot.likeness import Likeness, likeness
from bot.model import Account, AuditEntry, Message, MessageState, Post, PostState, Receipt, Slot, Standing
from bot.platform import RunnerLock, installation_id, protect_folder, state_dir
from bot.publishers import LookError, Publisher
from bot.storage import Storage
from bot.storage.moving import require_in_place

LOOK_BACK = timedelta(days=7)
"""How far back the account is read when a person vouches for a database."""

CLOCK_BEHIND = timedelta(days=1)
"""Nothing runs when the clock is further behind what the database knows to be past."""

CLOCK_AHEAD = timedelta(days=365)
"""Nothing runs when the clock is further ahead of the campaign's last slot, and posts still wait."""

OLDER_COPY = "restored from an older copy"
_OUT = {MessageState.POSTED, MessageState.DELETED}
_OURS = frozenset({Likeness.SAME})
_PERHAPS_OURS = frozenset({Likeness.UNSURE, Likeness.OTHER_LINKS})

PublisherFor = Callable[[Account], Publisher]


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What was found on the account: codes of posts that are out and were not on record, and the posts that wait."""

    adopted: tuple[str, ...]
    waiting: tuple[Post, ...]


def count_of(desk: Desk, environ: Mapping[str, str]) -> CallCount:
    """The count of a database's calls, in a file that no backup of it holds."""
    return CallCount(state_dir(environ), desk.storage.installation.identity().database_id)


def require_safe(desk: Desk, environ: Mapping[str, str]) -> None:
    """All that can be said before a runner starts, binding nothing. Raises PersonNeededError."""
    bound = desk.storage.installation.identity().installation_id is not None
    if bound and desk.storage.database.path is not None:
        require_installation(desk, installation_id(state_dir(environ)))
    refuse_wrong_clock(desk)
    refuse_older_copy(desk, count_of(desk, environ))


@contextmanager
def only_one_copy_runs(desk: Desk, environ: Mapping[str, str]) -> Iterator[None]:
    """Two copies of one database on one computer have two files to lock, but one id. Raises RunnerLockedError."""
    path = count_of(desk, environ).path
    protect_folder(path.parent)
    with RunnerLock(path):
        yield


def guard(
    desk: Desk,
    environ: Mapping[str, str],
    publisher_for: PublisherFor,
    *,
    take_over: bool,
    tell: Callable[[str], None] = lambda _: None,
) -> CallCount:
    """All that is checked when a live runner starts, which holds the lock. Raises PersonNeededError.

    ``tell`` gets what a person should know of a folder that is taken over.
    """
    if desk.storage.database.path is not None:
        here = installation_id(state_dir(environ))
        if take_over and desk.storage.installation.identity().installation_id not in {None, here}:
            from bot.core.taking_over import move_here

            move_here(desk, here, publisher_for, tell=tell)
        require_installation(desk, here)
    refuse_wrong_clock(desk)
    count = count_of(desk, environ)
    refuse_older_copy(desk, count)
    return count


def require_installation(desk: Desk, here: str) -> None:
    """Bind the database to this installation, or refuse one that is bound to another. Raises PersonNeededError.

    For database files only: several installations may share a server's database.
    """
    storage = desk.storage
    bound_to = storage.installation.identity().installation_id
    if bound_to is None:
        storage.installation.bind(here, desk.clock.now())
    elif bound_to != here:
        raise PersonNeededError(
            Problem(
                what="This folder was copied from another computer (or another user), where the campaign may be running.",
                where=str(storage.database.path or ""),
                remedy="If the runner there is stopped for good: campaign-bot run --take-over (it reads the account first)",
            )
        )


def refuse_older_copy(desk: Desk, count: CallCount) -> None:
    """Nothing goes out from a database that has forgotten calls, or was restored, before a person has verified it.

    Pauses every campaign in it that was started for real, and raises PersonNeededError.
    """
    installation = desk.storage.installation
    identity = installation.identity()
    require_in_place(desk.storage.database, identity)
    doubt = identity.doubt
    if not doubt and count.read() <= installation.attempts():
        _note(count, installation.attempts())
        return
    if not doubt:
        doubt = OLDER_COPY
        installation.record_doubt(doubt)
    pause_all(desk.storage, doubt, desk.entry("pause", detail=doubt))
    raise older_copy(desk.storage, doubt)


def _note(count: CallCount, number: int) -> None:
    """Raises DatabaseError where the count cannot be kept: then no call could be made either."""
    try:
        count.note(number)
    except OSError as error:
        what = f"The count of calls cannot be written ({error.strerror or error}), so nothing would go out."
        remedy = "Is there room on the disk, and may you write there?"
        raise DatabaseError(Problem(what=what, where=str(count.path), remedy=remedy)) from error


def pause_all(storage: Storage, reason: str, entry: AuditEntry) -> None:
    """Pause what was started for real and is not paused yet."""
    for campaign_id in storage.installation.started_live():
        if storage.campaigns.get(campaign_id).paused_at is None:
            storage.campaigns.record_pause(campaign_id, reason, entry)


def older_copy(storage: Storage, doubt: str) -> PersonNeededError:
    """What to say about a database that may have forgotten calls."""
    return PersonNeededError(
        Problem(
            what=f"This database was {doubt}: it may not know what was sent since. Nothing goes out.",
            where=str(storage.database.path or ""),
            remedy="Run: campaign-bot db verify (it reads the account and asks you), then: campaign-bot resume",
        )
    )


def refuse_other_place(desk: Desk) -> None:
    """While a runner works: the database was moved away under it, or doubted by somebody. Raises PersonNeededError."""
    identity = desk.storage.installation.identity()
    require_in_place(desk.storage.database, identity)
    if identity.doubt:
        raise older_copy(desk.storage, identity.doubt)


def refuse_wrong_clock(desk: Desk) -> None:
    """Raises PersonNeededError when this computer's clock cannot be right."""
    now, installation = desk.clock.now(), desk.storage.installation
    newest, trusted = installation.newest_instant(), installation.identity().clock_trusted_at
    known_wrong = newest is not None and trusted is not None and newest <= trusted
    if newest is not None and now < newest - CLOCK_BEHIND and not known_wrong:
        raise _wrong_clock(
            f"This computer says it is {now:%Y-%m-%d %H:%M} UTC, but the database was written on {newest:%Y-%m-%d}.",
            "Set the clock right. If it is right now, and was wrong before: campaign-bot db verify",
        )
    posts = desk.posts()
    waiting = [post for post in posts if not is_final(post) and post.standing is Standing.APPROVED]
    last = max((post.slot.due_at for post in posts), default=now)
    if waiting and now - last > CLOCK_AHEAD:
        raise _wrong_clock(
            f"This computer says it is {now:%Y-%m-%d}, more than a year after the campaign's last slot ({last:%Y-%m-%d}).",
            "Set the clock right. If it is right: plan the week anew, or skip what is left.",
        )


def changed_time_rules(desk: Desk) -> str:
    """What to say when this computer's time zone rules are not those that the plan was made with; else empty.

    A post goes out at the instant that was planned and signed, whatever the rules say by now.
    """
    zone = ZoneInfo(desk.settings().zone)
    moved = [post for post in desk.posts() if not is_final(post) and not _is_at_its_time(post.slot, zone)]
    if not moved:
        return ""
    first = moved[0]
    now_at = first.slot.due_at.astimezone(zone)
    return (
        f"The time rules of {zone.key} have changed since the plan was made: {first.code}, planned for "
        f"{first.slot.local:%a %d %b %H:%M}, goes out at {now_at:%H:%M} by the new ones ({len(moved)} in all). "
        "To keep the times on the wall: campaign-bot plan --respread, and sign off again."
    )


def _is_at_its_time(slot: Slot, zone: ZoneInfo) -> bool:
    """Also the second of two equal times in autumn is one: a person may have moved a post there."""
    return any(slot.local.replace(tzinfo=zone, fold=fold) == slot.due_at for fold in (0, 1))


def verify(desk: Desk, publisher_for: PublisherFor) -> Verified:
    """Read the account and adopt what is out; whoever sees the rest then confirms. Raises NetworkRefusedError."""
    adopted = adopt_what_is_out(desk, publisher_for)
    waiting = tuple(post for post in desk.posts() if not is_final(post))
    return Verified(adopted=adopted, waiting=waiting)


def retire_copies(desk: Desk, environ: Mapping[str, str]) -> None:
    """Copies of this database that stay behind on this computer count as older from now on, and run unverified no more.

    A count that is damaged stays so: it refuses them as well.
    """
    count, attempts = count_of(desk, environ), desk.storage.installation.attempts()
    try:
        known = count.read()
    except DatabaseError:
        return
    _note(count, max(known, attempts) + 1)


def confirm(desk: Desk) -> str:
    """A person vouches for what the database says now. Returns its new id, under which calls are counted anew."""
    installation, now = desk.storage.installation, desk.clock.now()
    newest, trusted = installation.newest_instant(), installation.identity().clock_trusted_at
    if newest is not None and newest > now + CLOCK_BEHIND:
        trusted = newest
    database_id = installation.record_verified(trusted)
    desk.storage.journal.add(desk.record().campaign_id, desk.entry("verify", detail="the account was looked at"))
    return database_id


def adopt_what_is_out(desk: Desk, publisher_for: PublisherFor) -> tuple[str, ...]:
    """Find posts of every campaign in the database that are on their account without being on record.

    A post is recognised by its words, its links and what it replies to; where only a link is in doubt, it is held for a
    person. Nothing is adopted unless every account could be read.
    """
    storage = desk.storage
    campaigns = [found for name in storage.campaigns.names() if (found := storage.campaigns.find(name))]
    accounts = {
        account.account_id: account for found in campaigns for account in storage.campaigns.accounts(found.campaign_id)
    }
    unclaimed = {account_id: _unclaimed(desk, account, publisher_for) for account_id, account in accounts.items()}
    adopted: list[str] = []
    for found in campaigns:
        for post in storage.plans.posts(found.campaign_id):
            updates = _matches(post, unclaimed[post.key.account_id])
            if updates:
                entry = desk.entry("adopt", post_code=post.code, detail=f"{len(updates)} found on the account")
                storage.delivery.decide(found.campaign_id, post.post_id, _found(updates), entry=entry)
                adopted.append(post.code)
    for found in campaigns:
        for post in storage.plans.posts(found.campaign_id):
            updates = _doubtful(post, unclaimed[post.key.account_id])
            if updates:
                entry = desk.entry("hold", post_code=post.code, detail="something much like it is on the account")
                storage.delivery.decide(found.campaign_id, post.post_id, _found(updates), entry=entry)
    return tuple(adopted)


def _unclaimed(desk: Desk, account: Account, publisher_for: PublisherFor) -> dict[str, SeenPost]:
    """What is on an account without being on record, oldest first."""
    since = desk.clock.now() - LOOK_BACK
    try:
        seen: Sequence[SeenPost] = publisher_for(account).recent(since)
    except LookError as error:
        raise NetworkRefusedError(
            Problem(what=f"The account @{account.handle} could not be read: {error}", remedy="Try again in a minute.")
        ) from error
    known = desk.storage.delivery.receipts_since(account.account_id, since - LOOK_BACK)
    return {post.network_id: post for post in reversed(seen) if post.network_id not in known}


def _matches(post: Post, unclaimed: dict[str, SeenPost]) -> tuple[MessageUpdate, ...]:
    """The messages of a post that are out, one after the other; what is taken is no longer unclaimed."""
    if state_of(post) is PostState.SKIPPED:
        return ()
    updates: list[MessageUpdate] = []
    parent = post.in_reply_to
    for message in post.messages:
        if message.state in _OUT and message.receipt:
            parent = message.receipt.network_id
            continue
        found = _like(message, parent, unclaimed, _OURS)
        if found is None:
            break
        del unclaimed[found.network_id]
        parent = found.network_id
        receipt = Receipt(network_id=found.network_id, url=found.url, posted_at=found.posted_at, adopted=True)
        updates.append(MessageUpdate(message_id=message.message_id, state=MessageState.POSTED, receipt=receipt))
    return tuple(updates)


def _like(
    message: Message, parent: str | None, unclaimed: Mapping[str, SeenPost], wanted: frozenset[Likeness]
) -> SeenPost | None:
    """The oldest on the account, in the place where the message belongs, that compares with it in such a way."""
    here = (seen for seen in unclaimed.values() if seen.in_reply_to == parent)
    return next((seen for seen in here if likeness(message.draft.text, seen.text) in wanted), None)


def _doubtful(post: Post, unclaimed: Mapping[str, SeenPost]) -> tuple[MessageUpdate, ...]:
    """The next message of a signed post, held: the account shows its words with links that nobody can tell for its own."""
    message = next((message for message in post.messages if message.state not in _OUT), None)
    if message is None or message.state is not MessageState.PENDING or post.standing is not Standing.APPROVED:
        return ()
    before = post.messages[message.position - 1].receipt if message.position else None
    seen = _like(message, before.network_id if before else post.in_reply_to, unclaimed, _PERHAPS_OURS)
    if seen is None:
        return ()
    reason = f"The account shows these words with a link that may be another: {seen.url}. It may be this post."
    return (MessageUpdate(message_id=message.message_id, state=MessageState.HELD, reason=reason, in_doubt=True),)


def _found(updates: tuple[MessageUpdate, ...]) -> Decision:
    def decide(post: Post) -> PostUpdate:
        return PostUpdate(standing=post.standing, standing_reason=post.standing_reason, messages=updates)

    return decide


def _wrong_clock(what: str, remedy: str) -> PersonNeededError:
    return PersonNeededError(Problem(what=what, where="the clock", remedy=remedy))
