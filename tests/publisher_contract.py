"""What every publisher has to keep, whatever its network. A network's test class derives from it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta

from bot.calls import Outgoing, Refusal, Verdict
from bot.model import Media, Receipt
from bot.publishers import Publisher

NAMES = "Amara & Bea <3 “Sunny Lane” café 🎉"


class PublisherContract(ABC):
    """``publisher`` gives a fresh one on an empty account; ``now`` is the time it lives in."""

    @abstractmethod
    def publisher(self) -> Publisher: ...

    @abstractmethod
    def now(self) -> datetime: ...

    def sent(self, publisher: Publisher, outgoing: Outgoing) -> Receipt:
        outcome = publisher.publish(outgoing)
        assert outcome.verdict is Verdict.SENT, outcome
        assert outcome.receipt is not None
        return outcome.receipt

    def test_a_post_comes_back_with_a_receipt(self) -> None:
        receipt = self.sent(self.publisher(), Outgoing(text="Good morning"))
        assert receipt.network_id.isdigit()
        assert receipt.network_id in receipt.url
        assert not receipt.adopted
        assert receipt.posted_at.tzinfo is UTC
        assert abs(receipt.posted_at - self.now()) < timedelta(minutes=1)

    def test_ids_are_new_each_time_and_grow(self) -> None:
        publisher = self.publisher()
        ids = [int(self.sent(publisher, Outgoing(text=f"Number {n}")).network_id) for n in range(3)]
        assert ids == sorted(set(ids))

    def test_what_was_sent_is_seen_newest_first_as_it_was_written(self) -> None:
        publisher = self.publisher()
        first = self.sent(publisher, Outgoing(text=NAMES))
        second = self.sent(publisher, Outgoing(text="And a second one"))
        seen = publisher.recent(self.now() - timedelta(hours=1))
        assert [post.text for post in seen] == ["And a second one", NAMES]
        assert [post.network_id for post in seen] == [second.network_id, first.network_id]
        assert [post.url for post in seen] == [second.url, first.url]

    def test_nothing_from_before_is_seen(self) -> None:
        publisher = self.publisher()
        self.sent(publisher, Outgoing(text="Long ago"))
        assert list(publisher.recent(self.now() + timedelta(minutes=5))) == []

    def test_a_reply_names_the_post_it_answers(self) -> None:
        publisher = self.publisher()
        first = self.sent(publisher, Outgoing(text="Part one"))
        self.sent(publisher, Outgoing(text="Part two", in_reply_to=first.network_id))
        seen = publisher.recent(self.now() - timedelta(hours=1))
        assert [post.in_reply_to for post in seen] == [first.network_id, None]

    def test_the_same_text_again_is_refused_as_a_duplicate(self) -> None:
        publisher = self.publisher()
        self.sent(publisher, Outgoing(text="Only once"))
        again = publisher.publish(Outgoing(text="Only once"))
        assert (again.verdict, again.refusal) == (Verdict.REFUSED, Refusal.DUPLICATE)
        assert again.receipt is None
        assert "Only once" not in again.reason

    def test_a_deleted_post_is_gone_and_deleting_again_says_so_too(self) -> None:
        publisher = self.publisher()
        receipt = self.sent(publisher, Outgoing(text="A mistake"))
        assert [publisher.delete(receipt.network_id).verdict for _ in range(2)] == [Verdict.SENT] * 2
        assert list(publisher.recent(self.now() - timedelta(hours=1))) == []

    def test_a_picture_can_be_sent_and_leaves_the_text_as_it_was(self) -> None:
        publisher = self.publisher()
        media = Media(sha256="0" * 64, mime="image/png", size=3, alt_text="A certificate")
        media_id = publisher.upload(media, b"png")
        self.sent(publisher, Outgoing(text="With a picture", media_ids=(media_id,)))
        assert [post.text for post in publisher.recent(self.now() - timedelta(hours=1))] == ["With a picture"]

    def test_it_says_whose_it_is(self) -> None:
        identity = self.publisher().whoami()
        assert identity.user_id.isdigit()
        assert identity.handle == "brightcare_demo"
