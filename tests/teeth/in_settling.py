"""Bugs about calls without an answer, about time, and about databases that were put back."""

from __future__ import annotations

from tests.teeth.bug import Bug

_DELIVERING = "bot/core/delivering.py"
_SETTLING = "bot/core/settling.py"
_CHOOSING = "bot/core/choosing.py"
_LIFECYCLE = "bot/lifecycle.py"
_GUARDING = "bot/core/guarding.py"

SETTLEMENT = (
    Bug(
        name="what got no answer is sent again although the campaign asks",
        file=_SETTLING,
        old="    if not doubt.policy.sends_unanswered_again:\n        return False\n",
        new="",
        suite="tests/test_delivery.py::test_a_lost_request_is_held_for_a_person_and_never_sent_again_by_itself[sqlite]",
    ),
    Bug(
        name="the settle window is nothing",
        file=_LIFECYCLE,
        old="SETTLE_WINDOW = timedelta(seconds=120)",
        new="SETTLE_WINDOW = timedelta(seconds=0)",
        suite="T1:287",
    ),
    Bug(
        name="a sender that may be alive counts as dead",
        file=_SETTLING,
        old="    return doubt.sender_gone and not doubt.paused and in_time",
        new="    return not doubt.paused and in_time",
        suite="tests/test_settling.py::test_what_follows_when_the_account_does_not_show_it",
    ),
    Bug(
        name="one look is enough to believe that it is not there",
        file=_SETTLING,
        old="GOOD_LOOKS = 2\n",
        new="GOOD_LOOKS = 0\n",
        suite="tests/test_settling.py::test_absence_needs_two_readings_that_tell_it",
    ),
    Bug(
        name="a timeline that lags behind proves absence",
        file=_SETTLING,
        old="    return any(post.network_id == newest for post in seen)\n",
        new="    return True\n",
        suite="tests/test_settling.py::test_a_reading_without_the_newest_known_post_tells_nothing",
    ),
    Bug(
        name="absence is believed though this computer's clock is wrong",
        file=_SETTLING,
        old="    if abs(offset) > CLOCK_SKEW or doubt.attempt.called_at > looked_at + CLOCK_SKEW:\n        return False\n",
        new="",
        suite="tests/test_settling.py::test_a_wrong_clock_makes_every_reading_worthless",
    ),
    Bug(
        name="the parent is ignored when a post is recognised",
        file=_SETTLING,
        old="        if candidate.in_reply_to == doubt.attempt.in_reply_to and alike is",
        new="        if alike is",
        suite="tests/test_settling.py::test_only_the_post_that_the_call_made_is_recognised",
    ),
    Bug(
        name="what is on record as another post is adopted again",
        file=_SETTLING,
        old="        if candidate.network_id in known or candidate.posted_at < earliest:\n",
        new="        if candidate.posted_at < earliest:\n",
        suite="tests/test_settling.py::test_only_the_post_that_the_call_made_is_recognised",
    ),
    Bug(
        name="a post from before the call is adopted",
        file=_SETTLING,
        old="        if candidate.network_id in known or candidate.posted_at < earliest:\n",
        new="        if candidate.network_id in known:\n",
        suite="tests/test_settling.py::test_only_the_post_that_the_call_made_is_recognised",
    ),
    Bug(
        name="the words are ignored when a post is recognised",
        file=_SETTLING,
        old="        if candidate.in_reply_to == doubt.attempt.in_reply_to and alike is Likeness.SAME:\n",
        new="        if candidate.in_reply_to == doubt.attempt.in_reply_to:\n",
        suite="tests/test_settling.py::test_only_the_post_that_the_call_made_is_recognised",
    ),
    Bug(
        name="links are ignored when a post is recognised",
        file=_SETTLING,
        old="        if candidate.in_reply_to == doubt.attempt.in_reply_to and alike is Likeness.SAME:\n",
        new="        if candidate.in_reply_to == doubt.attempt.in_reply_to and alike is not Likeness.OTHER:\n",
        suite="tests/test_settling.py::test_the_same_words_with_another_link_are_not_our_post_and_do_not_prove_it_absent",
    ),
    Bug(
        name="a person who names a post is believed without a look at the account",
        file="bot/cli/resolving.py",
        old="    seen = _seen_there(screen, shop, post, address, unseen=unseen, confirm=confirm)\n",
        new="    seen = not unseen or confirm is None\n",
        suite="tests/test_cli_claims.py::test_a_number_that_exists_nowhere_is_not_put_on_record",
    ),
    Bug(
        name="holding a message ends the doubt about it",
        file="bot/storage/updates.py",
        old="    if state is not MessageState.HELD:\n        values",
        new="    if state is not None:\n        values",
        suite="tests/test_delivery.py::test_what_may_be_out_is_not_sent_again_by_retry_or_a_new_slot_or_a_new_plan[sqlite]",
    ),
    Bug(
        name="a person may try again what may be out",
        file="bot/decisions.py",
        old="    if any(message.in_doubt for message in post.messages):\n        raise PersonNeededError(",
        new="    if not post.messages:\n        raise PersonNeededError(",
        suite="tests/test_delivery.py::test_what_may_be_out_is_not_sent_again_by_retry_or_a_new_slot_or_a_new_plan[sqlite]",
    ),
    Bug(
        name="nothing looks for the post before a person is believed",
        file="bot/cli/resolving.py",
        old="    _say_second_look(shop, post)\n",
        new="",
        suite="tests/test_cli_mend.py::test_what_is_there_after_all_is_not_sent_again_whatever_a_person_says",
    ),
)

TIMES = (
    Bug(
        name="posts go out early",
        file=_LIFECYCLE,
        old="    if now < start:\n        return Wait(until=start)\n",
        new="    if now < start - timedelta(seconds=90):\n        return Wait(until=start)\n",
        suite="T4:1-20",
    ),
    Bug(
        name="the lateness limit is ignored",
        file=_LIFECYCLE,
        old="    if now - due > policy.lateness_limit:\n",
        new="    if now < now - policy.lateness_limit:\n",
        suite="tests/test_delivery.py::test_after_a_long_outage_nothing_bursts_and_what_was_missed_asks[sqlite]",
    ),
    Bug(
        name="the distance of late posts is ignored",
        file=_LIFECYCLE,
        old="    if last_sent_at and last_sent_at - now <= _FUTURE and now - due > policy.catch_up_spacing:\n",
        new="    if last_sent_at is not None and now < due:\n",
        suite="tests/test_delivery.py::test_after_a_short_outage_late_posts_go_out_spaced[sqlite]",
    ),
    Bug(
        name="a pause does not make missed what falls into it",
        file=_CHOOSING,
        old="    return Rest() if begun else Miss(reason=FELL_INTO_PAUSE)\n",
        new="    return Rest()\n",
        suite="tests/test_delivery.py::test_a_post_whose_slot_falls_into_a_pause_is_missed[sqlite]",
    ),
    Bug(
        name="a part of a thread hangs below nothing",
        file=_LIFECYCLE,
        old="    parent = previous.receipt.network_id if previous and previous.receipt else post.in_reply_to\n",
        new="    parent = post.in_reply_to\n",
        suite="tests/test_delivery.py::test_each_part_of_the_winner_thread_replies_to_the_one_before[sqlite]",
    ),
    Bug(
        name="a thread goes on behind a gap",
        file=_LIFECYCLE,
        old="    message = next((message for message in post.messages if message.state is not MessageState.POSTED), None)\n",
        new="    message = next((message for message in post.messages if message.state is MessageState.PENDING), None)\n",
        suite="tests/test_delivery.py::test_a_thread_stops_at_the_part_that_failed_and_goes_on_from_there[sqlite]",
    ),
    Bug(
        name="what was deleted is sent again",
        file="bot/decisions.py",
        old="        update = MessageUpdate(message_id=message_id, state=MessageState.DELETED, receipt=gone.receipt)\n",
        new="        update = MessageUpdate(message_id=message_id, state=MessageState.PENDING, receipt=gone.receipt)\n",
        suite="tests/test_delivery.py::test_a_deleted_post_is_never_sent_again[sqlite]",
    ),
    Bug(
        name="later slots are served first",
        file=_CHOOSING,
        old="    for post in work.due:\n        campaign",
        new="    for post in reversed(work.due):\n        campaign",
        suite="T4:1-20",
    ),
)

RESTORED = (
    Bug(
        name="a database from the past is taken for the present",
        file=_GUARDING,
        old="    if not doubt and count.read() <= installation.attempts():\n",
        new="    if not doubt:\n",
        suite="tests/test_guards.py::test_a_database_from_before_mondays_posts_sends_nothing_and_says_why",
    ),
    Bug(
        name="a take-over does not read the account",
        file="bot/core/taking_over.py",
        old="        return adopt_what_is_out(desk, publisher_for)\n",
        new="        return ()\n",
        suite="tests/test_take_over.py::test_a_move_adopts_what_is_out_before_it_moves",
    ),
    Bug(
        name="a copy that is older than what happened goes straight on after a take-over",
        file="bot/core/taking_over.py",
        old="        return bool(self.unknown or self.fell_due)\n",
        new="        return bool(self.unknown and self.fell_due and not self.known_until)\n",
        suite="tests/test_take_over.py::test_a_copy_that_did_not_know_what_is_out_is_paused_and_waits_for_a_person",
    ),
    Bug(
        name="a copied folder runs on another computer",
        file=_GUARDING,
        old="    elif bound_to != here:\n",
        new="    elif not bound_to:\n",
        suite="tests/test_take_over.py::test_a_copy_is_refused_elsewhere_and_welcome_at_home",
    ),
    Bug(
        name="a copy is vouched for while another one is at work",
        file="bot/cli/db.py",
        old="        with only_one_copy_runs(shop.bot.record, os.environ):\n            _verify(screen, shop, yes=yes)\n",
        new="        if only_one_copy_runs:\n            _verify(screen, shop, yes=yes)\n",
        suite="tests/test_panic.py::test_while_a_copy_is_at_work_on_this_computer_no_other_copy_is_vouched_for",
    ),
    Bug(
        name="copies that stay behind after somebody vouched for one run on",
        file="bot/cli/db.py",
        old="    retire_copies(shop.bot.record, os.environ)\n",
        new="    assert retire_copies\n",
        suite="tests/test_panic.py::test_a_copy_that_was_vouched_for_leaves_the_others_unable_to_run",
    ),
    Bug(
        name="calls are not counted outside the database",
        file=_DELIVERING,
        old="            self.count(attempt)\n",
        new="            pass\n",
        suite="tests/test_guards.py::test_the_count_is_on_the_disk_before_the_call_and_never_goes_down",
    ),
    Bug(
        name="a clock that is years ahead is believed",
        file=_GUARDING,
        old="    if waiting and now - last > CLOCK_AHEAD:\n",
        new="    if waiting and now < now - CLOCK_AHEAD:\n",
        suite="tests/test_guards.py::test_a_clock_that_is_years_ahead_sends_nothing",
    ),
)
