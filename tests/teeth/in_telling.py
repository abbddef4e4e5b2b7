"""Bugs about what people are told and when, about what is given up, and about what is kept for a bad day."""

from __future__ import annotations

from tests.teeth.bug import Bug

_LIFECYCLE = "bot/lifecycle.py"
_RUNNING = "bot/core/running.py"
_BACKUPS = "bot/storage/backups.py"
_STATES, _BEATS, _FILES = "tests/test_lifecycle.py", "tests/test_beats.py", "tests/test_backup_files.py"

TOLD = (
    Bug(
        name="what nobody knows the end of is shown as waiting",
        file=_LIFECYCLE,
        old="    if MessageState.UNKNOWN in present:\n        return PostState.UNKNOWN\n",
        new="",
        suite=f"{_STATES}::test_where_a_post_stands_follows_from_its_standing_and_its_parts",
    ),
    Bug(
        name="what was skipped while it was being sent is final",
        file=_LIFECYCLE,
        old="    if states & {MessageState.SENDING, MessageState.UNKNOWN}:\n        return False\n",
        new="",
        suite=f"{_STATES}::test_where_a_post_stands_follows_from_its_standing_and_its_parts",
    ),
    Bug(
        name="what happens to a post is told to nobody who is not looking",
        file="bot/bootstrap.py",
        old="_deliverer(shop, vigil.listening(report), lock, count)",
        new="_deliverer(shop, report, lock, count)",
        suite="tests/test_run_wiring.py::test_what_happens_to_a_post_reaches_those_who_are_not_looking",
    ),
    Bug(
        name="a trouble is told once and for ever",
        file=_RUNNING,
        old='            self._said = ""\n            self._say_when_idle(beat)\n',
        new="            self._say_when_idle(beat)\n",
        suite=f"{_BEATS}::test_a_trouble_that_comes_back_after_a_good_beat_is_told_again",
    ),
    Bug(
        name="what was not foreseen by name ends the runner",
        file=_RUNNING,
        old="        except Exception as error:\n            # Its words",
        new="        except (OSError, ValueError) as error:\n            # Its words",
        suite=f"{_BEATS}::test_what_nobody_foresaw_is_told_without_its_own_words",
    ),
    Bug(
        name="a wrong clock stops one beat only",
        file=_RUNNING,
        old="            raise self._wrong_time from None\n",
        new="            if jumped is not None:\n                raise self._wrong_time from None\n",
        suite=f"{_BEATS}::test_a_wrong_clock_stops_every_beat_until_it_is_right_and_not_only_the_first",
    ),
    Bug(
        name="what may be out is said to be tried again",
        file="bot/core/watching.py",
        old="    if any(message.in_doubt for message in post.messages):\n",
        new="    if not post.messages:\n",
        suite="tests/test_decisions.py::test_what_may_be_out_is_looked_for_before_anything_else",
    ),
    Bug(
        name="a campaign that went live is practised when its config says so",
        file="bot/bootstrap.py",
        old="    return Mode.LIVE if config.live or went_live else Mode.PRACTICE\n",
        new="    return Mode.LIVE if config.live and went_live is not None else Mode.PRACTICE\n",
        suite="tests/test_copied_folders.py::test_a_campaign_that_went_live_stays_live_whatever_its_config_says_by_now",
    ),
    Bug(
        name="what was only practised is sent for real",
        file="bot/storage/looking.py",
        old='    return table.c.started_at.is_not(None) & (table.c.mode == sa.bindparam("mode"))\n',
        new='    return table.c.started_at.is_not(None) & (sa.bindparam("mode") != "")\n',
        suite=f"{_BEATS}::test_what_was_only_practised_or_never_started_is_not_sent",
    ),
)

SENT = (
    Bug(
        name="a thread that began late is given up in the middle",
        file=_LIFECYCLE,
        old="    if now - due > policy.lateness_limit:\n",
        new="    if now - post.slot.due_at > policy.lateness_limit:\n",
        suite=f"{_STATES}::test_a_thread_that_began_late_is_not_given_up_in_the_middle",
    ),
    Bug(
        name="what has become too late while its picture went up is sent",
        file="bot/core/delivering.py",
        old="        if next_move(work, now) != dispatch:",
        new="        if not media_ids and next_move(work, now) != dispatch:",
        suite="tests/test_intent.py::test_a_post_that_has_become_too_late_while_its_picture_went_up_is_not_sent",
    ),
    Bug(
        name="posts of long ago measure no reading: a timeline that lags behind proves absence",
        file="bot/core/delivering.py",
        old="attempt.called_at - _KNOWN_SPAN)",
        new="attempt.called_at)",
        suite="tests/test_looking.py::test_an_account_that_lags_behind_what_is_known_to_be_there_proves_nothing",
    ),
    Bug(
        name="a picture that cannot go up is tried again each second",
        file="bot/core/delivering.py",
        old="            now_is = self.storage.delivery.record_obstacle(post, message, change, lease=errand.lease)\n",
        new="            now_is = None\n",
        suite="tests/test_intent.py::"
        "test_a_picture_that_cannot_go_up_is_tried_again_after_longer_and_longer_waits_and_says_why",
    ),
    Bug(
        name="pictures go up and are not shown",
        file="bot/publishers/x.py",
        old="                media_ids=list(outgoing.media_ids) or None,\n",
        new="",
        suite="tests/test_x_publisher.py::test_a_post_shows_its_pictures_in_their_order",
    ),
    Bug(
        name="a deletion that X does not confirm counts as done",
        file="bot/publishers/x.py",
        old=' and result.data.get("deleted") is True',
        new="",
        suite="tests/test_x_publisher.py::test_a_deletion_that_x_does_not_confirm_is_unknown",
    ),
    Bug(
        name="planning again takes back what a person has moved",
        file="bot/storage/updates.py",
        old=', "due_at": update.slot.due_at, "moved_by_hand": True}',
        new=', "due_at": update.slot.due_at}',
        suite="tests/test_planning.py::test_a_draft_that_a_person_has_moved_moves_only_when_asked",
    ),
)

KEPT = (
    Bug(
        name="a copy is called a backup without a look at it",
        file=_BACKUPS,
        old="            require_sound(draft)\n",
        new="",
        suite=f"{_FILES}::test_what_is_no_campaigns_database_makes_no_backup",
    ),
    Bug(
        name="a damaged backup is put back",
        file=_BACKUPS,
        old='        if verdict != "ok":\n',
        new="        if not verdict:\n",
        suite=f"{_FILES}::test_a_database_that_can_be_read_and_is_damaged_all_the_same_is_no_backup",
    ),
    Bug(
        name="a backup from another computer is not doubted",
        file="bot/core/keeping.py",
        old=" or known.attempts() or _attempts_in(path))",
        new=" or _attempts_in(path))",
        suite="tests/test_backup.py::test_a_backup_that_knows_of_calls_is_doubted_also_where_nothing_else_does",
    ),
    Bug(
        name="a database in a folder that copies itself elsewhere is used",
        file="bot/bootstrap.py",
        old="    _refuse_risky_place(storage.database)\n",
        new="    assert _refuse_risky_place\n",
        suite="tests/test_copied_folders.py::"
        "test_in_a_folder_that_copies_itself_elsewhere_no_command_works_on_the_database",
    ),
)
