"""Bugs about intents, leases and what an answer means."""

from __future__ import annotations

from tests.teeth.bug import Bug

_LEASES = "bot/storage/leases.py"
_STORAGE = "bot/storage/delivery.py"
_DELIVERING = "bot/core/delivering.py"
_CHOOSING = "bot/core/choosing.py"
_LIFECYCLE = "bot/lifecycle.py"
_ERRORS = "bot/publishers/x_errors.py"
_TRANSPORT = "bot/publishers/x_transport.py"

PROTOCOL = (
    Bug(
        name="the call comes before its intent",
        file=_DELIVERING,
        old="        attempt = self._intend(post, dispatch.send, errand.lease, now)\n",
        new="        early = publisher.publish(Outgoing(text=message.draft.text, media_ids=media_ids,"
        " in_reply_to=dispatch.send.in_reply_to))\n"
        "        self.crashpoint('after call')\n"
        "        publisher = type('Done', (), {'publish': lambda _self, _outgoing: early})()\n"
        "        attempt = self._intend(post, dispatch.send, errand.lease, now)\n",
        suite="tests/test_crashes.py::test_a_crash_at_any_step_doubles_nothing_and_loses_nothing[after call-1-none]",
    ),
    Bug(
        name="the fence is dropped: a late writer writes",
        file=_LEASES,
        old="    return _held(connection, lease) is not None\n",
        new="    return bool(_held(connection, lease) or True)\n",
        suite="tests/test_leases.py::test_a_late_writer_touches_nothing[sqlite]",
    ),
    Bug(
        name="an account in other hands is taken all the same",
        file=_LEASES,
        old="    if not found.is_over and found.owner != gone:\n        if found.is_endless:\n"
        "            connection.execute(_RENEW, values)\n        return None\n",
        new="",
        suite="tests/test_intent.py::test_an_account_that_changes_hands_at_the_same_moment_is_left_alone[sqlite]",
    ),
    Bug(
        name="a lease from a clock that has gone back since keeps the account until that time",
        file=_LEASES,
        old="        if found.is_endless:\n            connection.execute(_RENEW, values)\n",
        new="",
        suite="tests/test_leases.py::"
        "test_a_lease_that_a_clock_has_put_far_into_the_future_keeps_the_account_no_longer_than_another[sqlite]",
    ),
    Bug(
        name="a call that was left open is not doubted at a take-over",
        file=_LEASES,
        old="    _doubt_open_call(connection, account_id, runner_id, now)\n",
        new="",
        suite="tests/test_intent.py::test_a_call_that_its_runner_left_open_is_in_doubt_at_once[sqlite]",
    ),
    Bug(
        name="the pause is not looked at again with the intent",
        file=_STORAGE,
        old="        schema.campaigns.c.paused_at.is_(None),\n",
        new="",
        suite="tests/test_delivery.py::test_a_pause_beats_a_send_that_was_already_chosen[sqlite]",
    ),
    Bug(
        name="the sign-off is not looked at again with the intent",
        file=_STORAGE,
        old='        schema.posts.c.approved_digest == sa.bindparam("digest"),\n',
        new="",
        suite="tests/test_intent.py::test_an_intent_is_refused_when_what_it_rests_on_has_changed[sqlite-the sign-off]",
    ),
    Bug(
        name="what a person has said is not looked at again with the intent",
        file=_STORAGE,
        old="        schema.posts.c.standing == Standing.APPROVED.value,\n",
        new="",
        suite="tests/test_intent.py::test_an_intent_is_refused_when_what_it_rests_on_has_changed[sqlite-a persons no]",
    ),
    Bug(
        name="the account's stop is not looked at again with the intent",
        file=_STORAGE,
        old='        schema.accounts.c.stopped == "",\n',
        new="",
        suite="tests/test_intent.py::test_an_intent_is_refused_when_what_it_rests_on_has_changed[sqlite-the account]",
    ),
    Bug(
        name="the slot is not looked at again with the intent",
        file=_STORAGE,
        old="    if current.slot != post.slot or current.messages",
        new="    if current.messages",
        suite="tests/test_intent.py::test_an_intent_is_refused_when_what_it_rests_on_has_changed[sqlite-the slot]",
    ),
    Bug(
        name="an open call on the account is not looked for with the intent",
        file=_STORAGE,
        old="        ~sa.exists().where(*looking.IS_OPEN),\n",
        new="",
        suite="tests/test_intent.py::test_an_intent_is_refused_when_what_it_rests_on_has_changed[sqlite-an open call]",
    ),
    Bug(
        name="the part before it is not looked at again with the intent",
        file=_STORAGE,
        old="        if previous.state is not MessageState.POSTED or not previous.receipt:\n            return None\n",
        new="        if not previous.receipt:\n            return None\n",
        suite="tests/test_intent.py::test_an_intent_for_a_later_part_is_refused_when_the_part_before_has_gone",
    ),
    Bug(
        name="one open call for an account is no law of the database",
        file="migrations/versions/0001_first_tables.py",
        old='        "uq_attempts_one_open_per_account",\n        "attempts",\n        ["account_id"],\n        unique=True,\n',
        new='        "uq_attempts_one_open_per_account",\n        "attempts",\n        ["account_id"],\n        unique=False,\n',
        suite="tests/test_intent.py::test_the_database_itself_keeps_one_open_call_for_an_account[sqlite]",
    ),
    Bug(
        name="one receipt for one message is no law of the database",
        file="migrations/versions/0001_first_tables.py",
        old='        sa.UniqueConstraint("account_id", "network_id", name=op.f("uq_messages_account_id_network_id")),\n',
        new="",
        suite="tests/test_intent.py::test_the_database_itself_keeps_a_receipt_for_one_message[sqlite]",
    ),
    Bug(
        name="a commit may be forgotten in a power cut",
        file="bot/storage/engine.py",
        old='    "synchronous=FULL",\n',
        new='    "synchronous=NORMAL",\n',
        suite="tests/test_storage.py::test_a_campaigns_database_survives_a_power_cut_by_its_settings",
    ),
    Bug(
        name="an intent that has grown old is carried out",
        file=_DELIVERING,
        old="        if self.clock.now() - attempt.called_at > BEGIN_WITHIN:",
        new="        if self.clock.now() < attempt.called_at:",
        suite="tests/test_leases.py::test_an_intent_that_has_grown_old_is_not_carried_out[sqlite]",
    ),
    Bug(
        name="an exception in the call counts as not sent",
        file=_DELIVERING,
        old='            verdict=Verdict.UNKNOWN, reason=f"The call ended in a way',
        new='            verdict=Verdict.NOT_SENT, reason=f"The call ended in a way',
        suite="T1:731",
    ),
)

ANSWERS = (
    Bug(
        name="5xx counts as not sent",
        file=_ERRORS,
        old="        return Outcome(verdict=Verdict.UNKNOWN, reason=_why_unknown(status), status=status)",
        new="        return Outcome(verdict=Verdict.NOT_SENT, reason=_why_unknown(status), status=status)",
        suite="tests/test_x_errors.py::test_these_answers_are_unknown",
    ),
    Bug(
        name="a broken connection counts as not sent",
        file=_ERRORS,
        old='    return Outcome(verdict=Verdict.UNKNOWN, reason="The connection',
        new='    return Outcome(verdict=Verdict.NOT_SENT, reason="The connection',
        suite="tests/test_x_errors.py::test_the_same_trouble_after_it_began_is_unknown",
    ),
    Bug(
        name="429 counts as a refusal of the post",
        file=_ERRORS,
        old="    429: (Refusal.RATE_LIMITED,",
        new="    429: (Refusal.REJECTED,",
        suite="tests/test_x_errors.py::test_a_refusal_says_what_stops_and_why",
    ),
    Bug(
        name="the window that ends first decides how long to wait",
        file=_ERRORS,
        old="    return min(max(ends, default",
        new="    return min(min(ends, default",
        suite="tests/test_x_errors.py::test_the_window_that_is_used_up_decides_not_the_one_that_ends_first",
    ),
    Bug(
        name="a rate limit is not waited for: a busy loop",
        file=_LIFECYCLE,
        old="        until = outcome.retry_at or now + timedelta(minutes=15)\n",
        new="        until = now\n",
        suite="tests/test_delivery.py::test_a_rate_limit_waits_for_its_window_without_asking_again[sqlite]",
    ),
    Bug(
        name="the HTTP adapter tries again by itself",
        file=_TRANSPORT,
        old="        super().__init__(max_retries=0)\n",
        new="        from urllib3.util.retry import Retry\n\n"
        "        super().__init__(max_retries=Retry(2, allowed_methods=None, status_forcelist=[500, 502, 503]))\n",
        suite="tests/test_x_publisher.py::test_an_end_that_tells_nothing_is_unknown_after_one_request",
    ),
    Bug(
        name="redirects are followed",
        file=_TRANSPORT,
        old="        return None\n\n    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any)"
        " -> requests.Response:\n        address = str(url).replace(BUILT_IN_HOST, self._api_base, 1)\n"
        '        kwargs |= {"allow_redirects": False, "stream": True}\n',
        new="        return super().get_redirect_target(resp)\n\n"
        "    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any)"
        " -> requests.Response:\n        address = str(url).replace(BUILT_IN_HOST, self._api_base, 1)\n"
        '        kwargs |= {"allow_redirects": True, "stream": True}\n',
        suite="tests/test_x_publisher.py::test_a_redirect_is_never_followed",
    ),
    Bug(
        name="a call may take for ever",
        file=_TRANSPORT,
        old="        self._watch.start()\n",
        new="",
        suite="tests/test_x_publisher.py::test_no_call_outlasts_its_time",
    ),
    Bug(
        name="a refusal as duplicate is a failure also after an unclear call",
        file=_LIFECYCLE,
        old="    if outcome.refusal is Refusal.DUPLICATE and attempt_no > 1:\n"
        "        return Change(state=MessageState.UNKNOWN, reason=outcome.reason, closes=False)\n",
        new="",
        suite="T1:114",
    ),
    Bug(
        name="an account that may not post goes on",
        file=_LIFECYCLE,
        old="    if outcome.refusal in _ACCOUNT_STOPS:\n",
        new="    if outcome.refusal in _ACCOUNT_STOPS and attempt_no > 3:\n",
        suite="tests/test_delivery.py::test_an_account_that_may_not_post_stops_and_loses_nothing[sqlite-unauthorised]",
    ),
    Bug(
        name="a stopped account is served",
        file=_CHOOSING,
        old="        if work.account.stopped:\n            return Idle(until=_give_up_at(work, now))\n",
        new="",
        suite="tests/test_delivery.py::test_a_stopped_account_is_left_in_peace[sqlite]",
    ),
    Bug(
        name="a clock far from the network's stops nothing",
        file=_DELIVERING,
        old="    if abs(offset) <= MOST_OFFSET:\n",
        new="    if offset is not None:\n",
        suite="tests/test_guards.py::test_far_from_the_networks_clock_nothing_more_is_published_on_the_account",
    ),
)
