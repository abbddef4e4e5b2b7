"""What must be true after every run, from the database alone and the memory of the network.

The list is that of reliability's sixth section: once on the network; every approved post out exactly once or visibly waiting
with a reason; nothing that nobody approved, and nothing in a pause; threads in order with the right parents; every
call explained by an attempt and by the log; order of slots, distance after outages, limits and stops respected.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, pairwise, repeat
from typing import Any

import sqlalchemy as sa

from bot.lifecycle import is_final, needs_person, reason_of, state_of
from bot.model import AuditEntry, Message, MessageState, Post, PostState, Standing
from bot.storage import Storage, schema
from bot.storage.delivery import text_hash
from tests.torture.network import RESET_AFTER, FaultyWorldNetwork, OnNetwork, Trouble
from tests.torture.world import POLICY, Span, World

_SLACK = timedelta(seconds=2)
_STOOD_STILL = "The computer stood still"
_BY_HAND = {"resolve", "retry", "reschedule", "delete"}


@dataclass(kw_only=True)
class Evidence:
    """Everything the checks look at. ``quiet_clock``: no machine's clock was ever wrong, so that times compare.

    ``prompt_calls``: no machine stood still in the middle of a call, which nobody can take back then.
    ``sure``: nothing happened that only a person can settle, so that nothing may be held although it is out.
    ``comes_in_time``: nothing showed only after the settle window; else a post may come after it was given up for lost.
    ``calls_cut_off`` counts intents whose runner died or stood still before its call.
    """

    posts: tuple[Post, ...]
    attempts: Sequence[sa.Row[Any]]
    log: tuple[AuditEntry, ...]
    network: FaultyWorldNetwork
    handles: dict[int, str]
    spans: list[Span] = field(default_factory=list)
    proofs: dict[str, list[datetime]] = field(default_factory=dict)
    quiet_clock: bool = True
    prompt_calls: bool = True
    sure: bool = False
    comes_in_time: bool = True
    calls_cut_off: int = 0

    def out(self, post: Post, message: Message) -> list[OnNetwork]:
        """What we put on the network of this message."""
        handle = self.handles[post.key.account_id]
        same = (found for found in self.network.posts if found.text == message.draft.text and found.by)
        return [found for found in same if found.handle == handle]


def gather(world: World, **more: Any) -> Evidence:
    """Everything as it is now."""
    world.network.catch_up()
    storage = world.storage
    campaigns = [bot.stage.record().campaign_id for bot in world.bots.values()]
    return Evidence(
        posts=world.posts(),
        attempts=_attempts(storage),
        log=tuple(entry for campaign_id in campaigns for entry in storage.journal.entries(campaign_id)),
        network=world.network,
        handles={
            account.account_id: account.handle
            for campaign_id in campaigns
            for account in storage.campaigns.accounts(campaign_id)
        },
        calls_cut_off=world.calls_cut_off,
        spans=world.spans,
        proofs=world.proofs,
        **more,
    )


def _attempts(storage: Storage) -> Sequence[sa.Row[Any]]:
    with storage.database.read() as connection:
        return connection.execute(sa.select(schema.attempts).order_by(schema.attempts.c.attempt_id)).all()


def violations(evidence: Evidence) -> list[str]:
    """Every broken promise, in plain words; none is what is wanted."""
    return [f"{check.__name__[1:]}: {what}" for check in _CHECKS for what in check(evidence)]


def _never_twice(evidence: Evidence) -> Iterator[str]:
    for post in evidence.posts:
        for message in post.messages:
            for first, second in pairwise(evidence.out(post, message)):
                if first.gone_at is None or first.gone_at > second.at:
                    yield f"{post.code} part {message.position + 1} is out twice ({first.at}, {second.at})"


def _accounted(evidence: Evidence) -> Iterator[str]:
    for post in evidence.posts:
        for message in post.messages:
            yield from _message_accounted(evidence, post, message)
        if not is_final(post) and needs_person(post) and not reason_of(post):
            yield f"{post.code} is {state_of(post)} and nobody says why"


def _message_accounted(evidence: Evidence, post: Post, message: Message) -> Iterator[str]:
    name = f"{post.code} part {message.position + 1}"
    out = evidence.out(post, message)
    if message.state is MessageState.POSTED:
        ids = {found.network_id for found in out}
        if message.receipt is None or message.receipt.network_id not in ids:
            yield f"{name} counts as posted, and its id is not on the network"
        return
    live = [found for found in out if found.gone_at is None]
    if live and message.state is not MessageState.DELETED and not message.in_doubt and evidence.comes_in_time:
        yield f"{name} is out, and counts as {message.state} without a doubt"
    if live and evidence.sure:
        yield f"{name} is out, and is {message.state}: {message.reason}"


def _at_rest(evidence: Evidence) -> Iterator[str]:
    for post in evidence.posts:
        for message in post.messages:
            if message.state in {MessageState.SENDING, MessageState.UNKNOWN}:
                yield f"{post.code} part {message.position + 1} is {message.state} for ever"
    for attempt in evidence.attempts:
        if attempt.closed_at is None:
            yield f"attempt {attempt.attempt_id} is open for ever"


def _only_approved(evidence: Evidence) -> Iterator[str]:
    messages = _messages(evidence)
    for attempt in evidence.attempts:
        post, message = messages[attempt.message_id]
        if post.approval is None or post.approval.digest != post.digest:
            yield f"{post.code} was sent, and nobody signed it"
        if attempt.text_hash != text_hash(message.draft.text):
            yield f"{post.code} was sent with other words"
    known = {message.draft.text for _, message in messages.values()}
    for call in evidence.network.calls:
        if call.outgoing.text not in known:
            yield f"words that nobody planned were sent: {call.outgoing.text}"


def _forbidden_times(evidence: Evidence) -> Iterator[str]:
    messages = _messages(evidence)
    for span in evidence.spans:
        for attempt in evidence.attempts:
            post = messages[attempt.message_id][0]
            meant = (not span.codes or post.code in span.codes) and span.campaign_id in {0, post.campaign_id}
            if meant and span.after < attempt.attempt_id <= span.up_to:
                yield f"{post.code} was sent while {span.why}"


def _threads(evidence: Evidence) -> Iterator[str]:
    for post in evidence.posts:
        parents: list[OnNetwork] | None = None
        for message in post.messages:
            name = f"{post.code} part {message.position + 1}"
            out = evidence.out(post, message)
            ids = {post.in_reply_to} if parents is None else {parent.network_id for parent in parents}
            for found in out:
                if found.in_reply_to not in ids:
                    yield f"{name} hangs below the wrong post, or below none"
                if parents and found.at < min(parent.at for parent in parents):
                    yield f"{name} came before the part before it"
            parents = out


def _calls_explained(evidence: Evidence) -> Iterator[str]:
    messages = _messages(evidence)
    calls = Counter((call.runner_id, call.outgoing.text) for call in evidence.network.calls)
    noted = Counter((attempt.runner_id, messages[attempt.message_id][1].draft.text) for attempt in evidence.attempts)
    for (runner_id, text), number in calls.items():
        if number > noted[runner_id, text]:
            yield f"{number} calls of {runner_id} for “{text}”, and {noted[runner_id, text]} attempts"
    without = len(evidence.attempts) - len(evidence.network.calls)
    if without != evidence.calls_cut_off:
        yield f"{without} attempts without a call, and {evidence.calls_cut_off} that were cut off"
    for post, message in messages.values():
        numbers = [attempt.attempt_no for attempt in evidence.attempts if attempt.message_id == message.message_id]
        if numbers != list(range(1, message.attempts + 1)):
            yield f"{post.code} part {message.position + 1} has attempts {numbers}, and counts {message.attempts}"


def _log_complete(evidence: Evidence) -> Iterator[str]:
    said = {(entry.post_code, entry.action) for entry in evidence.log}
    parts = {(entry.post_code, entry.action, entry.detail.split(",")[0]) for entry in evidence.log}
    receipts = {(attempt.message_id, attempt.network_id) for attempt in evidence.attempts}
    for post in evidence.posts:
        by_hand = (post.code, "resolve") in said
        for message in post.messages:
            part = f"part {message.position + 1} of {len(post.messages)}"
            told = message.state in {MessageState.POSTED, MessageState.FAILED} and not by_hand
            if told and (post.code, message.state.value, part) not in parts:
                yield f"{post.code} {part} is {message.state}, and the log does not know"
            network_id = message.receipt.network_id if message.receipt else None
            if (
                message.state is MessageState.POSTED
                and not by_hand
                and (message.message_id, network_id) not in receipts
            ):
                yield f"{post.code} {part} has an id that no attempt brought"
        if post.standing is Standing.MISSED and not {(post.code, "missed"), ("", "resume")} & said:
            yield f"{post.code} is missed, and the log does not know"
        if post.standing is Standing.SKIPPED and not {(post.code, "skip"), (post.code, "delete")} & said:
            yield f"{post.code} is skipped, and the log does not know"


def _in_order(evidence: Evidence) -> Iterator[str]:
    """Slots keep their order on an account, but for posts that people touched, and held ones: they block nobody.

    A correction has its slot by the clock of whoever asked for it.
    """
    if not evidence.prompt_calls:
        return
    posts = [post for post in evidence.posts if evidence.quiet_clock or post.in_reply_to is None]
    touched = {entry.post_code for entry in evidence.log if entry.action in {*_BY_HAND, MessageState.HELD.value}}
    for account_id in evidence.handles:
        heads = [
            (post.code, _begun_at(evidence, evidence.out(post, post.messages[0])[0]))
            for post in sorted(posts, key=lambda post: (post.slot.due_at, post.code))
            if post.key.account_id == account_id and post.code not in touched and evidence.out(post, post.messages[0])
        ]
        for (earlier, one), (later, other) in pairwise(heads):
            if one > other:
                yield f"{later} overtook {earlier}"


def _timely(evidence: Evidence) -> Iterator[str]:
    """Never early, never later than the limit, and late ones keep their distance."""
    if not evidence.quiet_clock or not evidence.prompt_calls:
        return
    messages = _messages(evidence)
    heads = {post.messages[0].draft.text: post for post, _ in messages.values()}
    for call in evidence.network.calls:
        post = heads.get(call.outgoing.text)
        if post is not None and not post.moved_by_hand and not _handled(evidence, post):
            late = call.at - post.slot.due_at
            if late < timedelta(0):
                yield f"{post.code} went out early"
            if late > POLICY.lateness_limit + _SLACK:
                yield f"{post.code} went out {late} late"
            before = [
                _begun_at(evidence, out)
                for out in evidence.network.posts
                if out.handle == call.handle and out.by and out.text != call.outgoing.text
            ]
            gap = min((call.at - at for at in before if at < call.at), default=POLICY.catch_up_spacing)
            if late > POLICY.catch_up_spacing + _SLACK and gap < POLICY.catch_up_spacing:
                yield f"{post.code} was late, and came {gap} after the one before"


def _begun_at(evidence: Evidence, out: OnNetwork) -> datetime:
    """When it was sent: nobody but the network decides when it shows what it took late."""
    late = [call.at for call in evidence.network.calls if call.trouble is Trouble.LATE]
    made = [
        call.at
        for call in evidence.network.calls
        if (call.handle, call.outgoing.text) == (out.handle, out.text) and call.at <= out.at
    ]
    return out.at if out.at in made else max(set(made) & set(late), default=out.at)


def _handled(evidence: Evidence, post: Post) -> bool:
    return any(entry.post_code == post.code and entry.action in _BY_HAND for entry in evidence.log)


def _limits_kept(evidence: Evidence) -> Iterator[str]:
    """What an account was told counts from the moment at which it was written down, for what is begun after it.

    Nobody can take back a call whose sender stood still in the middle of it.
    """
    if not evidence.quiet_clock:
        return
    limited: dict[str, datetime] = {}
    stopped: dict[str, datetime] = {}
    made = _attempts_by_call(evidence)
    for call in evidence.network.calls:
        proofs = [at for at in evidence.proofs.get(call.handle, []) if at <= call.at]
        stop = stopped.get(call.handle)
        begun_at, was_noted = next(made[call.runner_id, text_hash(call.outgoing.text)])
        if stop is not None and begun_at >= stop and not any(at >= stop for at in proofs):
            yield f"a call on {call.handle}, which was stopped"
        told = limited.get(call.handle)
        if told is not None and begun_at >= told and call.at < told + RESET_AFTER and not proofs:
            yield f"a call on {call.handle} before its limit was over"
        if not was_noted:
            continue
        if call.trouble is Trouble.LIMITED_UNTIL:
            limited[call.handle] = call.at
        if call.trouble in {Trouble.UNAUTHORISED, Trouble.NO_CREDIT, Trouble.FORBIDDEN}:
            stopped[call.handle] = call.at


def _attempts_by_call(evidence: Evidence) -> dict[tuple[str, str], Iterator[tuple[datetime, bool]]]:
    """Of each runner's calls for a text, in order: when it was begun, and whether a refusal was written down."""
    found: dict[tuple[str, str], list[tuple[datetime, bool]]] = {}
    for attempt in evidence.attempts:
        if not attempt.reason.startswith(_STOOD_STILL):
            key = (attempt.runner_id, attempt.text_hash)
            found.setdefault(key, []).append((attempt.called_at, bool(attempt.refusal)))
    unknown = (datetime.max.replace(tzinfo=UTC), False)
    return defaultdict(lambda: repeat(unknown), {key: chain(some, repeat(unknown)) for key, some in found.items()})


def _messages(evidence: Evidence) -> dict[int, tuple[Post, Message]]:
    return {message.message_id: (post, message) for post in evidence.posts for message in post.messages}


def unfinished(posts: Sequence[Post]) -> list[str]:
    """Posts that neither are final nor wait for a person."""
    return [f"{post.code} is {state_of(post)}" for post in posts if not is_final(post) and not needs_person(post)]


def not_posted(posts: Sequence[Post]) -> list[str]:
    """Posts that are not out as a whole, with why."""
    return [
        f"{post.code} is {state_of(post)}: {reason_of(post)}"
        for post in posts
        if state_of(post) is not PostState.POSTED
    ]


_CHECKS = (
    _never_twice,
    _accounted,
    _at_rest,
    _only_approved,
    _forbidden_times,
    _threads,
    _calls_explained,
    _log_complete,
    _in_order,
    _timely,
    _limits_kept,
)
