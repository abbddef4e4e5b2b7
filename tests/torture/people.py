"""What a sensible person does about what waits for one: looks at the account, then decides."""

from __future__ import annotations

from bot.lifecycle import needs_person, state_of
from bot.model import Message, MessageState, Post, PostState
from tests.torture.world import World


def mend_everything(world: World) -> bool:
    """Deal once with all that waits. True when there was anything to do."""
    return any([mend_accounts(world), *[mend(world, post) for post in world.posts() if needs_person(post)]])


def mend_accounts(world: World) -> bool:
    """Prove the credentials of accounts that have stopped."""
    stopped = world.stopped_accounts()
    for account in stopped:
        world.prove(account)
    return bool(stopped)


def mend(world: World, post: Post) -> bool:
    """One decision about one post; False when it can wait."""
    doubtful = next((message for message in post.messages if message.in_doubt), None)
    if doubtful is not None:
        return _resolve(world, post, doubtful)
    cut_short = any(message.state is MessageState.DELETED for message in post.messages) or _parent_is_gone(world, post)
    unsigned = state_of(post) is PostState.MISSED and post.approval is None
    if cut_short or unsigned:
        world.skip(post.code)
    else:
        world.bot_of(post.code).retry(post.code)
        world.touched(post.code)
    return True


def _resolve(world: World, post: Post, message: Message) -> bool:
    """Only what is seen counts, and somebody who sees nothing waits a while before saying so."""
    handle = world.handle_of(post)
    for found in world.network.visible(handle):
        if found.text == message.draft.text:
            world.bot_of(post.code).mending.settle_found(post.code, f"https://x.com/{handle}/status/{found.network_id}")
            return True
    if world.network.is_coming(message.draft.text) or world.may_still_send():
        return False
    world.bot_of(post.code).mending.settle_not_there(post.code)
    world.touched(post.code)
    return True


def _parent_is_gone(world: World, post: Post) -> bool:
    """Somebody took a part away by hand, so that the network refuses what would reply to it."""
    visible = {found.network_id for found in world.network.visible(world.handle_of(post))}
    if post.in_reply_to is not None and post.in_reply_to not in visible:
        return True
    return any(message.receipt and message.receipt.network_id not in visible for message in post.messages)
