"""Bugs about the runner, what it puts together, and what it tells."""

from __future__ import annotations

from tests.teeth.bug import Bug

_BOOTSTRAP = "bot/bootstrap.py"
_GUARDING = "bot/core/guarding.py"
_RUNNING = "bot/core/running.py"
_WIRING = "tests/test_run_wiring.py"

RUNNERS = (
    Bug(
        name="a clock that was set back silences the runner",
        file=_RUNNING,
        old="abs(now - self._beat_at) >= HEARTBEAT",
        new="now - self._beat_at >= HEARTBEAT",
        suite="tests/test_beats.py::test_a_clock_that_is_set_keeps_no_runner_from_giving_signs_of_life",
    ),
    Bug(
        name="a runner ends while a post waits for a person",
        file=_RUNNING,
        old="finished = not wakes or (next_at is None and not self._accounts())",
        new="finished = not wakes or next_at is None",
        suite="tests/test_beats.py::test_a_runner_has_not_finished_while_a_post_waits_for_a_person",
    ),
    Bug(
        name="an alarm says what an exception says",
        file=_RUNNING,
        old="({type(error).__name__}); trying again.",
        new="({error}); trying again.",
        suite="tests/test_beats.py::test_what_nobody_foresaw_is_told_without_its_own_words",
    ),
    Bug(
        name="a tick that fails gives a sign of life",
        file=_RUNNING,
        old="        if self._sound:  # a tick may take long\n            self._give_sign()\n",
        new="        self._give_sign()\n",
        suite="tests/test_health.py::test_a_runner_whose_ticks_fail_turns_red_though_its_process_lives",
    ),
    Bug(
        name="the dead man's switch is told that all is well when a tick has failed",
        file="bot/core/vigil.py",
        old="            self._failed_at = now\n            return\n",
        new="            self._failed_at = now\n            self.ping()\n            return\n",
        suite="tests/test_vigil.py::test_the_dead_mans_switch_is_called_each_minute_and_only_on_success",
    ),
    Bug(
        name="a runner whose lock file is gone goes on",
        file=_BOOTSTRAP,
        old="            if not lock.still_held():\n",
        new="            if False:\n",
        suite=f"{_WIRING}::test_a_runner_whose_lock_file_is_removed_stops",
    ),
    Bug(
        name="a real runner is not guarded",
        file=_BOOTSTRAP,
        old="        count = guarding.guard(record, os.environ, partial(publisher_for, shop), take_over=take_over, tell=tell)",
        new="        count = guarding.count_of(record, os.environ)",
        suite=f"{_WIRING}::test_nothing_goes_out_before_all_is_as_it_should_be",
    ),
    Bug(
        name="two copies of a database run side by side on one computer",
        file=_BOOTSTRAP,
        old="    with guarding.only_one_copy_runs(record, os.environ):\n",
        new="    if True:\n",
        suite=f"{_WIRING}::test_while_another_copy_of_the_database_runs_on_this_computer_nothing_goes_out",
    ),
    Bug(
        name="the calls of a real runner are not counted",
        file=_BOOTSTRAP,
        old="count=keep_no_count if count is None else lambda attempt: count.note(attempt.attempt_id)",
        new="count=keep_no_count",
        suite=f"{_WIRING}::test_a_run_needs_no_dead_runners_lease_counts_its_calls_and_says_that_it_has_ended",
    ),
    Bug(
        name="a runner at work does not look again whether the database is doubted",
        file=_BOOTSTRAP,
        old="refuse_place=partial(guarding.refuse_other_place, shop.bot.record) if live else nothing_to_refuse",
        new="refuse_place=nothing_to_refuse",
        suite=f"{_WIRING}::test_a_runner_that_works_notices_that_its_database_is_doubted",
    ),
    Bug(
        name="a runner at work does not look again whether its clock can be right",
        file=_BOOTSTRAP,
        old="refuse_time=partial(guarding.refuse_wrong_clock, shop.bot.record) if live else nothing_to_refuse",
        new="refuse_time=nothing_to_refuse",
        suite=f"{_WIRING}::test_a_runner_that_works_notices_that_its_clock_is_wrong",
    ),
    Bug(
        name="credentials that nobody has checked may run",
        file=_BOOTSTRAP,
        old="        require_proof(shop.bot.account(), fingerprint_at_hand(shop.config))\n",
        new="        pass\n",
        suite=f"{_WIRING}::test_nothing_goes_out_before_all_is_as_it_should_be",
    ),
    Bug(
        name="a campaign that was only practised runs for real",
        file=_BOOTSTRAP,
        old="    if record.started_at is None or record.mode is not shop.bot.mode:\n",
        new="    if record.started_at is None:\n",
        suite=f"{_WIRING}::test_nothing_goes_out_before_all_is_as_it_should_be",
    ),
    Bug(
        name="a runner ends without saying so",
        file=_BOOTSTRAP,
        old="        runner.end()\n        return ended",
        new="        return ended",
        suite=f"{_WIRING}::test_a_run_needs_no_dead_runners_lease_counts_its_calls_and_says_that_it_has_ended",
    ),
    Bug(
        name="the count of calls may be forgotten in a power cut",
        file="bot/core/counting.py",
        old="            os.fsync(descriptor)\n",
        new="",
        suite="tests/test_backup_files.py::test_the_count_of_calls_is_on_the_disk_when_it_is_noted",
    ),
    Bug(
        name="only the first campaign is paused when a database is doubted",
        file=_GUARDING,
        old="            storage.campaigns.record_pause(campaign_id, reason, entry)",
        new="            storage.campaigns.record_pause(campaign_id, reason, entry)\n            return",
        suite="tests/test_pausing.py::test_what_stops_everything_stops_every_campaign[sqlite]",
    ),
)
