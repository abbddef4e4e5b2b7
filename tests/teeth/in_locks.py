"""Bugs about who waits for whom on a server, and about what several runners of one database leave each other."""

from __future__ import annotations

from tests.teeth.bug import Bug

_LEASES = "bot/storage/leases.py"
_DELIVERY = "bot/storage/delivery.py"
_ENGINE = "bot/storage/engine.py"
_ROWS, _NEIGHBOURS = "tests/test_row_locks.py", "tests/test_neighbours.py"
_GLANCES = "tests/test_glance.py"

LOCKS = (
    Bug(
        name="an account that somebody has locked is waited for",
        file=_LEASES,
        old="_FREE_ONE = _STANDING.with_for_update(skip_locked=True, key_share=True)",
        new="_FREE_ONE = _STANDING.with_for_update(key_share=True)",
        suite=f"{_ROWS}::test_an_account_that_somebody_has_locked_is_passed_over_and_the_others_are_served",
    ),
    Bug(
        name="a pause does not wait for an intent under way",
        file=_DELIVERY,
        old="    .with_for_update(read=True)\n)\n_INTEND",
        new=")\n_INTEND",
        suite=f"{_ROWS}::test_a_pause_waits_for_an_intent_under_way_and_names_its_post",
    ),
    Bug(
        name="a person's no does not wait for an intent under way",
        file=_DELIVERY,
        old="    .with_for_update(of=schema.posts)\n",
        new="",
        suite=f"{_ROWS}::test_a_persons_no_waits_for_an_intent_under_way",
    ),
    Bug(
        name="an intent does not wait for a decision under way",
        file="bot/storage/updates.py",
        old="where(posts.c.post_id == post_id).with_for_update()).one()",
        new="where(posts.c.post_id == post_id)).one()",
        suite=f"{_ROWS}::test_an_intent_waits_for_a_decision_under_way",
    ),
    Bug(
        name="a post that is moved at this moment is given up",
        file=_DELIVERY,
        old='    connection.execute(_LOCK_POST, {"post": post.post_id})\n',
        new="",
        suite=f"{_ROWS}::test_a_runner_gives_up_no_post_that_somebody_moves_at_that_moment",
    ),
    Bug(
        name="an account is taken over while its runner writes a result",
        file=_LEASES,
        old=").with_for_update(key_share=True)\n_RENEW",
        new=")\n_RENEW",
        suite=f"{_ROWS}::test_nobody_takes_an_account_over_while_its_runner_writes_a_result",
    ),
    Bug(
        name="the wait for a lock is not taken from the lease",
        file=_LEASES,
        old="    row = _held(connection, lease)\n    if row is None:\n        return False\n    clock = database.now(connection)",
        new="    clock = database.now(connection)\n    row = _held(connection, lease)\n    if row is None:\n        return False",
        suite=f"{_ROWS}::test_the_wait_for_a_lock_takes_from_the_lease",
    ),
    Bug(
        name="a program that freezes in a transaction keeps its locks for ever",
        file=_ENGINE,
        old="    connection.execute(\"SET idle_in_transaction_session_timeout = '30s'\")\n",
        new="",
        suite=f"{_ROWS}::test_a_program_that_freezes_in_a_transaction_keeps_its_locks_for_less_than_a_lease",
    ),
    Bug(
        name="what one look reads is of several moments",
        file=_ENGINE,
        old='_ONE_LOOK = {"isolation_level": "REPEATABLE READ"}',
        new='_ONE_LOOK = {"isolation_level": "READ COMMITTED"}',
        suite=f"{_ROWS}::test_all_that_one_look_reads_is_of_one_moment",
    ),
    Bug(
        name="the clock of a server stands still within a transaction",
        file=_ENGINE,
        old="to_char(timezone('UTC', clock_timestamp())",
        new="to_char(timezone('UTC', now())",
        suite=f"{_ROWS}::test_the_clock_of_a_server_goes_on_within_a_transaction",
    ),
    Bug(
        name="a runner that begins on a server takes everybody's accounts away",
        file="bot/bootstrap.py",
        old="    if shop.bot.stage.storage.database.path is not None:  # nobody else",
        new="    if shop.bot.stage.storage.database:  # nobody else",
        suite="tests/test_run_wiring.py::test_a_runner_that_begins_on_a_server_takes_nobodys_account_away",
    ),
)

HANDS = (
    Bug(
        name="an account with an open call and nothing due is left alone",
        file="bot/core/choosing.py",
        old="    if not glance.any_due and not glance.any_open:\n",
        new="    if not glance.any_due:\n",
        suite=f"{_GLANCES}::test_what_is_due_or_open_is_served_when_nobody_has_it_or_its_runner_surely_is_gone[glance1]",
    ),
    Bug(
        name="the account of a runner that surely is gone is left alone",
        file="bot/core/choosing.py",
        old="    if glance.holder and not is_gone(glance.holder):\n",
        new="    if glance.holder:\n",
        suite=f"{_GLANCES}::test_what_is_due_or_open_is_served_when_nobody_has_it_or_its_runner_surely_is_gone[glance2]",
    ),
    Bug(
        name="a long backlog keeps its lane for ever",
        file="bot/core/lanes.py",
        old="            if self._closing or deliverer.clock.monotonic() >= over:\n",
        new="            if self._closing:\n",
        suite="tests/test_lanes.py::test_a_long_backlog_on_some_accounts_keeps_no_other_waiting",
    ),
    Bug(
        name="what is out by now is sent by a runner that looked before",
        file=_DELIVERY,
        old="    if current.slot != post.slot or current.messages[message.position] != message:\n",
        new="    if current.slot != post.slot:\n",
        suite="tests/test_intent.py::test_an_intent_is_refused_when_what_it_rests_on_has_changed[sqlite-its own state]",
    ),
    Bug(
        name="a runner's result overrides what a person has decided meanwhile",
        file=_DELIVERY,
        old="_NOTE_RESULT = _NOTE_LOOK.where(schema.attempts.c.closed_at.is_(None))\n",
        new="_NOTE_RESULT = _NOTE_LOOK\n",
        suite="tests/test_intent.py::test_a_result_that_comes_after_a_person_has_decided_changes_nothing[sqlite]",
    ),
    Bug(
        name="what a dead runner may have sent can be tried again",
        file="bot/storage/updates.py",
        old='"reason": "", "not_before": None, "in_doubt": True}',
        new='"reason": "", "not_before": None, "in_doubt": False}',
        suite=f"{_NEIGHBOURS}::test_what_a_dead_runner_may_have_sent_stays_in_doubt_when_it_is_held[sqlite]",
    ),
    Bug(
        name="calls that a server has forgotten are looked for on the same account only",
        file="bot/core/delivering.py",
        old="        latest = max(self._committed.values(), default=None)\n",
        new="        latest = self._committed.get(lease.account_id)\n",
        suite=f"{_NEIGHBOURS}::"
        "test_what_the_server_has_forgotten_of_one_account_stops_the_runner_on_every_account[sqlite]",
    ),
    Bug(
        name="one account written in two ways is two accounts",
        file="bot/storage/campaigns.py",
        old="(sa.func.lower(table.c.handle) == handle.lower())",
        new="(table.c.handle == handle)",
        suite=f"{_NEIGHBOURS}::test_an_account_is_one_however_its_name_is_written[sqlite]",
    ),
    Bug(
        name="what others have sent is not counted here",
        file="bot/core/guarding.py",
        old="        _note(count, installation.attempts())\n        return\n",
        new="        return\n",
        suite="tests/test_guards.py::test_a_start_counts_what_others_have_sent_meanwhile[sqlite]",
    ),
    Bug(
        name="what has begun gets other words and is sent once more",
        file="bot/storage/plans.py",
        old=" and one.post_id not in late]",
        new="]",
        suite="tests/test_overtaken.py::test_a_post_that_is_out_or_may_be_gets_no_other_words",
    ),
    Bug(
        name="what may be out gets other words and is sent once more",
        file="bot/storage/as_seen.py",
        old="    return messages.c.in_doubt | messages.c.state.not_in(",
        new="    return messages.c.state.not_in(",
        suite="tests/test_overtaken.py::test_a_post_that_is_out_or_may_be_gets_no_other_words",
    ),
)
