"""Bugs about neighbours, pauses, looks, and what X's words mean."""

from __future__ import annotations

from tests.teeth.bug import Bug

_LEASES = "bot/storage/leases.py"
_CAMPAIGNS = "bot/storage/campaigns.py"
_DECISIONS = "bot/decisions.py"
_ERRORS = "bot/publishers/x_errors.py"
_TRANSPORT = "bot/publishers/x_transport.py"
_TIMELINE = "bot/publishers/x_timeline.py"
_SECOND_LOOK = "bot/core/second_look.py"
_NEIGHBOURS, _PAUSING, _TLS = "tests/test_neighbours.py", "tests/test_pausing.py", "tests/test_x_tls.py"

NEIGHBOURS = (
    Bug(
        name="a runner that ends gives everybody's accounts back",
        file=_LEASES,
        old="connection.execute(statement if owner is None else statement.where(_accounts.c.owner == owner))",
        new="connection.execute(statement)",
        suite=f"{_NEIGHBOURS}::test_a_runner_that_ends_gives_back_its_own_accounts_and_no_others[sqlite]",
    ),
    Bug(
        name="a take-over casts doubt on the calls of other accounts",
        file=_LEASES,
        old="        (attempts.c.account_id == account_id)\n        & attempts.c.closed_at.is_(None)\n",
        new="        attempts.c.closed_at.is_(None)\n",
        suite=f"{_NEIGHBOURS}::test_taking_over_one_account_casts_no_doubt_on_a_call_that_another_runner_makes[sqlite]",
    ),
    Bug(
        name="a second take-over goes on where the first one was",
        file=_LEASES,
        old='"next_look_at": now, "looks": 0, "absent_looks": 0}',
        new='"next_look_at": now}',
        suite=f"{_NEIGHBOURS}::test_a_call_that_is_taken_over_twice_is_looked_for_from_the_beginning_each_time[sqlite]",
    ),
    Bug(
        name="what is newest on another account must be seen on this one",
        file="bot/storage/delivery.py",
        old="            table.c.account_id == account_id, table.c.posted_at >= since,",
        new="            table.c.posted_at >= since,",
        suite=f"{_NEIGHBOURS}::test_what_is_newest_on_another_account_need_not_be_seen_on_this_one[sqlite]",
    ),
)

PAUSES = (
    Bug(
        name="a pause does not name what is on its way",
        file=_CAMPAIGNS,
        old="            return tuple(connection.execute(busy).scalars())\n",
        new="            return ()\n",
        suite=f"{_PAUSING}::"
        "test_a_pause_names_what_is_on_its_way_at_that_moment_and_nothing_of_another_campaign[sqlite]",
    ),
    Bug(
        name="the end of a pause makes another campaign's posts missed",
        file=_CAMPAIGNS,
        old="            (posts.c.campaign_id == campaign_id)\n            & posts.c.is_final.is_(False)\n",
        new="            posts.c.is_final.is_(False)\n",
        suite=f"{_PAUSING}::test_what_is_late_in_another_campaign_does_not_ask_because_of_a_pause[sqlite]",
    ),
    Bug(
        name="what nobody had signed off when a pause ended is sent late without a question",
        file=_CAMPAIGNS,
        old="posts.c.standing.in_([Standing.APPROVED.value, Standing.DRAFT.value])",
        new="posts.c.standing.in_([Standing.APPROVED.value])",
        suite=f"{_PAUSING}::test_the_end_of_a_pause_makes_missed_what_fell_into_it_signed_off_or_not[sqlite]",
    ),
    Bug(
        name="a thread that has begun is given up in a pause",
        file="bot/core/choosing.py",
        old="    return Rest() if begun else Miss(reason=FELL_INTO_PAUSE)\n",
        new="    return Miss(reason=FELL_INTO_PAUSE)\n",
        suite=f"{_PAUSING}::test_a_thread_that_has_begun_rests_in_a_pause_and_goes_on_after_it",
    ),
    Bug(
        name="what is being sent may be skipped",
        file=_DECISIONS,
        old='_refuse_when(post, _BUSY | {PostState.POSTED, PostState.DELETED, PostState.SKIPPED}, "cannot be skipped")',
        new='_refuse_when(post, {PostState.POSTED, PostState.DELETED, PostState.SKIPPED}, "cannot be skipped")',
        suite="tests/test_decisions.py::test_a_decision_is_refused_where_it_makes_no_sense_and_nowhere_else",
    ),
    Bug(
        name="a thread is deleted from its beginning",
        file="bot/core/mending.py",
        old="key=lambda part: -part.position",
        new="key=lambda part: part.position",
        suite="tests/test_torn_threads.py::"
        "test_a_thread_is_deleted_from_its_end_and_only_what_surely_is_gone_counts_as_gone",
    ),
    Bug(
        name="a deletion that got no answer counts as done",
        file="bot/core/mending.py",
        old="    if outcome.verdict is not Verdict.SENT:\n",
        new="    if outcome.verdict is Verdict.NOT_SENT:\n",
        suite="tests/test_torn_threads.py::"
        "test_a_thread_is_deleted_from_its_end_and_only_what_surely_is_gone_counts_as_gone",
    ),
    Bug(
        name="a thread of which a part was deleted may be tried again",
        file=_DECISIONS,
        old="        _refuse_torn(post)\n        _refuse_doubt(post)\n",
        new="        _refuse_doubt(post)\n",
        suite="tests/test_decisions.py::test_a_decision_is_refused_where_it_makes_no_sense_and_nowhere_else",
    ),
)

LOOKS = (
    Bug(
        name="the settle window begins with the slot",
        file="bot/core/settling.py",
        old="looked_at - (doubt.attempt.settle_from or doubt.attempt.called_at)",
        new="looked_at - doubt.post.slot.due_at",
        suite="tests/test_settling.py::"
        "test_the_settle_window_begins_when_the_call_is_known_to_have_ended_and_never_with_the_slot",
    ),
    Bug(
        name="the second look takes another post of ours for it",
        file=_SECOND_LOOK,
        old="    unclaimed = [found for found in seen if found.network_id not in known]\n",
        new="    unclaimed = list(seen)\n",
        suite="tests/test_second_look.py::test_a_post_that_is_on_record_as_another_one_is_not_taken_for_it",
    ),
    Bug(
        name="the second look does not say that the account lags behind",
        file=_SECOND_LOOK,
        old="    if newest is not None and newest[0] >= since and",
        new="    if newest is None and",
        suite="tests/test_second_look.py::test_an_account_that_lags_behind_is_said_to",
    ),
    Bug(
        name="what X escapes is turned back in the wrong order",
        file=_TIMELINE,
        old='text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")',
        new='text.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")',
        suite="tests/test_written_text.py::test_a_text_is_read_back_as_it_was_written",
    ),
    Bug(
        name="a post that is quoted counts as the parent",
        file=_TIMELINE,
        old='        if other.get("type") == "replied_to":\n',
        new='        if other.get("type"):\n',
        suite="tests/test_written_text.py::test_only_what_it_replies_to_is_its_parent",
    ),
    Bug(
        name="the time within an id is not believed",
        file="bot/publishers/snowflake.py",
        old="    return instant if abs(instant - now) <= _PLAUSIBLE else now",
        new="    return now",
        suite="tests/test_written_text.py::test_the_time_in_an_id_is_believed_within_a_day",
    ),
    Bug(
        name="over TLS a request that has begun counts as not begun",
        file=_TRANSPORT,
        old="        def request(self, *args: Any, **kwargs: Any) -> None:\n            watch.progress = Progress.BEGUN\n",
        new="        def request(self, *args: Any, **kwargs: Any) -> None:\n",
        suite=f"{_TLS}::test_what_ends_without_a_clear_answer_over_tls_is_unknown",
    ),
    Bug(
        name="the proxies of the environment are ignored",
        file=_TRANSPORT,
        old='self.trust_env = not is_loopback(urlsplit(api_base).hostname or "")',
        new="self.trust_env = False",
        suite=f"{_TLS}::test_the_environments_proxies_are_used_for_everything_but_this_very_computer",
    ),
    Bug(
        name="the day's window of the whole app is not waited for",
        file=_ERRORS,
        old=', "x-app-limit-24hour")',
        new=")",
        suite="tests/test_x_errors.py::test_each_of_the_windows_is_waited_for",
    ),
    Bug(
        name="a locked account counts as a refused post",
        file=_ERRORS,
        old='("suspended", "account is locked", "temporarily locked"),',
        new='("suspended",),',
        suite="tests/test_x_errors.py::test_a_refusal_says_what_stops_and_why",
    ),
)
