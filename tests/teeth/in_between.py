"""Bugs about what happens in between: people and programs at the same moment, wishes, consent, several accounts."""

from __future__ import annotations

from tests.teeth.bug import Bug

_BETWEEN = "tests/test_in_between.py"
_ACCOUNTS = "tests/test_several_accounts.py"

WISHES = (
    Bug(
        name="a withdrawal leaves the digest that was signed",
        file="bot/pulling.py",
        old="            digest=void(post.digest),\n",
        new="            digest=post.digest,\n",
        suite=f"{_BETWEEN}::test_somebody_who_withdraws_while_the_week_is_planned_stays_pulled[sqlite]",
    ),
    Bug(
        name="what was pulled can be signed off and sent as it was",
        file="bot/storage/delivery.py",
        old='        schema.posts.c.digest.not_like(f"{VOID}%"),\n',
        new="",
        suite=f"{_BETWEEN}::test_a_pulled_post_cannot_be_signed_off_or_sent_as_it_was[sqlite]",
    ),
    Bug(
        name="the end of somebody's consent is not looked at when a post gets another time",
        file="bot/core/consenting.py",
        old="    refuse_errors(found, frozenset({post.code}))\n",
        new="    refuse_errors((), frozenset({post.code}))\n",
        suite=f"{_BETWEEN}::test_nothing_is_moved_past_the_end_of_somebodys_consent[sqlite]",
    ),
    Bug(
        name="a list is saved before the sign-offs end that it takes away",
        file="bot/core/loading.py",
        old="        unsigned=ends(desk, posts),\n",
        new="",
        suite=f"{_BETWEEN}::test_a_list_and_the_sign_offs_that_it_ends_are_written_at_once[sqlite]",
    ),
    Bug(
        name="forgetting leaves what is on its way to be sent again",
        file="bot/storage/erasing.py",
        old="if state not in {MessageState.POSTED, MessageState.DELETED}]",
        new="if state in {MessageState.PENDING, MessageState.FAILED, MessageState.HELD}]",
        suite=f"{_BETWEEN}::test_what_is_on_its_way_when_a_campaign_is_forgotten_is_never_sent_again[sqlite]",
    ),
)

MOMENTS = (
    Bug(
        name="planning overwrites what somebody decided meanwhile",
        file="bot/storage/plans.py",
        old="            refuse_changed(connection, campaign_id, update.seen, update.based_on)\n",
        new="",
        suite=f"{_BETWEEN}::test_a_post_that_is_skipped_while_the_week_is_planned_stays_skipped[sqlite]",
    ),
    Bug(
        name="a sign-off undoes a skip of the same moment",
        file="bot/storage/plans.py",
        old=" or not await_sign_off(connection, approvals)",
        new="",
        suite=f"{_BETWEEN}::test_a_sign_off_does_not_undo_a_skip_of_the_same_moment[sqlite]",
    ),
    Bug(
        name="consent that ends while somebody signs is not noticed",
        file="bot/core/signing.py",
        old="    ended = end_uncovered(desk)",
        new="    ended: tuple[str, ...] = ()",
        suite=f"{_BETWEEN}::test_consent_that_ends_while_somebody_signs_leaves_no_sign_off[sqlite]",
    ),
    Bug(
        name="a moderator signs whatever the closing says by now",
        file="bot/core/moderating.py",
        old="    return said[0] == said[1]\n",
        new="    return True\n",
        suite=f"{_BETWEEN}::test_a_moderator_does_not_sign_a_closing_off_whose_words_have_changed",
    ),
    Bug(
        name="what is turned down during its call is tried again",
        file="bot/storage/contributions.py",
        old="            _stop_begun(connection, post)\n",
        new="            pass\n",
        suite=f"{_BETWEEN}::test_what_is_turned_down_during_its_call_is_not_tried_again",
    ),
    Bug(
        name="the second look is ignored",
        file="bot/core/second_look.py",
        old="    if there is not None:\n",
        new="    if there is None:\n        pass\n    elif not there.text:\n",
        suite=f"{_BETWEEN}::test_the_second_look_goes_back_to_the_first_call[sqlite]",
    ),
    Bug(
        name="a person's not-there is believed seconds after the call",
        file="bot/core/mending.py",
        old="    _refuse_too_early(desk, desk.post(code))\n",
        new="",
        suite=f"{_BETWEEN}::test_not_there_is_not_believed_while_x_may_only_be_late[sqlite]",
    ),
)

ACCOUNTS = (
    Bug(
        name="every account is given the credentials of the config",
        file="bot/bootstrap.py",
        old="read_credentials(config) if is_own(config, account) else credentials_of(account, os.environ)",
        new="read_credentials(config)",
        suite=f"{_ACCOUNTS}::test_the_gateway_takes_the_environment_for_the_configs_account_only[sqlite-file]",
    ),
    Bug(
        name="an account without credentials here is served all the same",
        file="bot/core/running.py",
        old="        return [account for account in busy if self.serves(account)]\n",
        new="        return list(busy)\n",
        suite=f"{_ACCOUNTS}::test_an_account_without_credentials_here_is_left_alone_and_stops_nothing_else[sqlite]",
    ),
    Bug(
        name="what goes wrong in one account's lane is not said",
        file="bot/core/lanes.py",
        old="                failed.append(error)\n",
        new="                pass\n",
        suite="tests/test_lanes.py::test_what_goes_wrong_in_a_lane_is_raised_by_the_tick_and_tried_again",
    ),
    Bug(
        name="a database that was moved away may still run",
        file="bot/storage/moving.py",
        old='                _mark(original, f"{MOVED_TO}{target.where}")\n',
        new="",
        suite="tests/test_moving.py::test_from_the_old_database_nothing_goes_out_any_more_and_it_says_where_everything_went[to a file]",
    ),
)
