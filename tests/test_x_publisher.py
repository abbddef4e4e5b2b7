"""XPublisher with the real Tweepy, over real sockets, against the fake X."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.calls import Outgoing, Refusal, Verdict
from bot.clock import SystemClock
from bot.credentials import Credentials
from bot.errors import ConfigError, CredentialsError, NetworkRefusedError
from bot.model import Media
from bot.publishers import LookError, UploadError
from bot.publishers.registry import Gateway, open_publisher
from bot.publishers.x import XPublisher, begin_pin_login
from bot.publishers.x_transport import LONGEST_ANSWER, Timeouts, socket_options
from tests.fake_x import Fault, Reply, faults
from tests.fake_x.fixtures import CREDENTIALS, HANDLE, new_fake
from tests.fake_x.messages import as_json, oauth1_permissions, out_of_credit
from tests.fake_x.server import FakeXServer
from tests.publisher_contract import PublisherContract

QUICK = Timeouts(connect=0.5, read=0.3, total=0.6)
PICTURE = Media(sha256="0" * 64, mime="image/png", size=3, alt_text="A certificate")
UNKNOWN_ENDS = [
    faults.lost_request(),
    faults.lost_answer(),
    faults.silence(applied=True),
    faults.silence(applied=False),
    faults.drip(),
    faults.drip_headers(),
    faults.truncated(),
    faults.late_apply(60),
    *(faults.answered(status, applied=applied) for status in (500, 502, 503, 504) for applied in (True, False)),
    faults.answered(408),
    faults.html(),
    faults.empty(),
    faults.errors_only(),
    faults.given(as_json(201, {"data": {"id": 12345}})),
    faults.given(as_json(201, {"data": {"text": "no id"}})),
    faults.given(as_json(201, {"data": None})),
    faults.given(as_json(201, ["a", "list"])),
]


def publisher_of(
    server: FakeXServer, timeouts: Timeouts | None = None, credentials: Credentials = CREDENTIALS
) -> XPublisher:
    return XPublisher(credentials, api_base=server.base, handle=HANDLE, clock=SystemClock(), timeouts=timeouts)


class TestXOverRealSockets(PublisherContract):
    @pytest.fixture(autouse=True)
    def _served(self, fake_x: FakeXServer) -> None:
        self.server = fake_x

    def publisher(self) -> XPublisher:
        return publisher_of(self.server)

    def now(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture
def elsewhere() -> Iterator[FakeXServer]:
    """A second fake, behind a gateway's path."""
    with FakeXServer(new_fake(prefix="/gateway/x")) as server:
        yield server


@pytest.mark.parametrize("fault", UNKNOWN_ENDS, ids=lambda fault: fault.name)
def test_an_end_that_tells_nothing_is_unknown_after_one_request(fake_x: FakeXServer, fault: Fault) -> None:
    fake_x.fake.faults.append(fault)
    outcome = publisher_of(fake_x, QUICK).publish(Outgoing(text="Ada of Bright Care, 7th"))
    assert (outcome.verdict, outcome.receipt) == (Verdict.UNKNOWN, None)
    assert outcome.reason
    assert "Ada" not in outcome.reason
    assert fake_x.fake.count("POST /2/tweets") == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(fake_x: FakeXServer, elsewhere: FakeXServer, status: int) -> None:
    fake_x.fake.faults.append(faults.redirect(status, f"{elsewhere.base}/2/tweets"))
    outcome = publisher_of(fake_x).publish(Outgoing(text="Hello"))
    assert (outcome.verdict, outcome.status) == (Verdict.UNKNOWN, status)
    assert len(fake_x.fake.requests) == 1
    assert elsewhere.fake.requests == []


@pytest.mark.parametrize(
    ("reply", "refusal"),
    [
        (out_of_credit(), Refusal.NO_CREDIT),
        (oauth1_permissions(), Refusal.FORBIDDEN),
        (as_json(401, {"title": "Unauthorized", "errors": None}), Refusal.UNAUTHORISED),
        (
            as_json(429, {"title": "Too Many Requests"}).with_headers({"x-rate-limit-reset": "soon"}),
            Refusal.RATE_LIMITED,
        ),
        (as_json(422, ["odd"]), Refusal.REJECTED),
        (as_json(404, {"detail": 7}), Refusal.REJECTED),
    ],
)
def test_a_refusal_is_known_after_one_request(fake_x: FakeXServer, reply: Reply, refusal: Refusal) -> None:
    fake_x.fake.faults.append(faults.given(reply))
    outcome = publisher_of(fake_x).publish(Outgoing(text="Hello"))
    assert (outcome.verdict, outcome.refusal, outcome.status) == (Verdict.REFUSED, refusal, reply.status)
    assert fake_x.fake.count("POST /2/tweets") == 1


def test_a_rate_limit_is_not_waited_for(fake_x: FakeXServer) -> None:
    fake_x.fake.limits.per_window["POST /2/tweets"] = 1
    publisher = publisher_of(fake_x)
    assert publisher.publish(Outgoing(text="First")).verdict is Verdict.SENT
    outcome = publisher.publish(Outgoing(text="Second"))
    assert outcome.refusal is Refusal.RATE_LIMITED
    assert outcome.retry_at is not None
    assert timedelta(minutes=14) < outcome.retry_at - datetime.now(UTC) <= timedelta(minutes=15)
    assert fake_x.fake.count("POST /2/tweets") == 2


def test_nobody_there_means_nothing_was_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{taken.getsockname()[1]}"
        publisher = XPublisher(CREDENTIALS, api_base=base, handle=HANDLE, clock=SystemClock(), timeouts=QUICK)
        assert publisher.publish(Outgoing(text="Hello")).verdict is Verdict.NOT_SENT


def test_a_server_that_does_not_speak_tls_means_nothing_was_sent(fake_x: FakeXServer) -> None:
    base = fake_x.base.replace("http://", "https://")
    publisher = XPublisher(CREDENTIALS, api_base=base, handle=HANDLE, clock=SystemClock(), timeouts=QUICK)
    outcome = publisher.publish(Outgoing(text="Hello"))
    assert (outcome.verdict, outcome.status) == (Verdict.NOT_SENT, None)
    assert fake_x.fake.requests == []


def test_no_proxy_stands_between_the_bot_and_its_own_machine(
    fake_x: FakeXServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert publisher_of(fake_x).publish(Outgoing(text="Hello")).verdict is Verdict.SENT


def test_a_proxy_that_is_not_there_means_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    publisher = XPublisher(
        CREDENTIALS, api_base="https://x.example", handle=HANDLE, clock=SystemClock(), timeouts=QUICK
    )
    assert publisher.publish(Outgoing(text="Hello")).verdict is Verdict.NOT_SENT


def test_bytes_that_nobody_acknowledges_do_not_arrive_minutes_later() -> None:
    if not hasattr(socket, "TCP_USER_TIMEOUT"):
        pytest.skip("left out: this system has no TCP_USER_TIMEOUT")
    assert (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 10_000) in socket_options(Timeouts())


def test_tweepy_is_loaded_only_when_a_network_is_opened() -> None:
    program = "import sys, bot.publishers.registry, bot.publishers.dry_run; sys.exit('tweepy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_handshake_that_never_ends_means_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        base = f"https://127.0.0.1:{deaf.getsockname()[1]}"
        publisher = XPublisher(CREDENTIALS, api_base=base, handle=HANDLE, clock=SystemClock(), timeouts=QUICK)
        assert publisher.publish(Outgoing(text="Hello")).verdict is Verdict.NOT_SENT


@pytest.mark.parametrize(
    "fault", [faults.silence(), faults.drip(), faults.drip_headers()], ids=lambda fault: fault.name
)
def test_no_call_outlasts_its_time(fake_x: FakeXServer, fault: Fault) -> None:
    fake_x.fake.faults.append(fault)
    begun = time.monotonic()
    publisher_of(fake_x, Timeouts(connect=0.5, read=5, total=0.3)).publish(Outgoing(text="Hello"))
    assert time.monotonic() - begun < 2


def test_the_signature_covers_the_address_that_is_asked(elsewhere: FakeXServer) -> None:
    publisher = publisher_of(elsewhere)
    assert publisher.publish(Outgoing(text="Through a gateway")).verdict is Verdict.SENT
    assert [post.text for post in publisher.recent(datetime.now(UTC) - timedelta(hours=1))] == ["Through a gateway"]
    assert elsewhere.fake.requests[0].url == f"{elsewhere.base}/2/tweets"


def test_wrong_credentials_are_refused_and_named_as_such(fake_x: FakeXServer) -> None:
    wrong = Credentials(api_key="a", api_key_secret="b", access_token="1-c", access_token_secret="d")
    outcome = publisher_of(fake_x, credentials=wrong).publish(Outgoing(text="Hello"))
    assert (outcome.verdict, outcome.refusal) == (Verdict.REFUSED, Refusal.UNAUTHORISED)


def test_a_reply_to_somebody_else_is_refused(fake_x: FakeXServer) -> None:
    outcome = publisher_of(fake_x).publish(Outgoing(text="Hello", in_reply_to="99"))
    assert (outcome.verdict, outcome.refusal) == (Verdict.REFUSED, Refusal.REJECTED)
    assert "own posts" in outcome.reason


def test_links_come_back_as_they_were_written(fake_x: FakeXServer) -> None:
    publisher = publisher_of(fake_x)
    text = "Read https://brightcare.example/week?a=1&b=2 & more at https://brightcare.example/two."
    publisher.publish(Outgoing(text=text))
    assert [post.text for post in publisher.recent(datetime.now(UTC) - timedelta(hours=1))] == [text]


def test_the_timeline_is_read_to_its_end(fake_x: FakeXServer) -> None:
    for number in range(205):
        fake_x.fake.put(f"Number {number}")
    seen = publisher_of(fake_x).recent(datetime.now(UTC) - timedelta(hours=1))
    assert [post.text for post in seen] == [f"Number {number}" for number in reversed(range(205))]
    assert fake_x.fake.count(f"GET /2/users/{CREDENTIALS.user_id}/tweets") == 3


def test_too_long_a_timeline_proves_nothing(fake_x: FakeXServer) -> None:
    for number in range(301):
        fake_x.fake.put(f"Number {number}")
    with pytest.raises(LookError, match="too much"):
        publisher_of(fake_x).recent(datetime.now(UTC) - timedelta(hours=1))


TIMELINE = f"GET /2/users/{CREDENTIALS.user_id}/tweets"


@pytest.mark.parametrize(
    "fault",
    [
        faults.html(on=TIMELINE),
        faults.empty(on=TIMELINE),
        faults.errors_only(on=TIMELINE),
        faults.answered(503, on=TIMELINE),
        faults.lost_answer(on=TIMELINE),
        faults.given(as_json(200, {}), on=TIMELINE),
        faults.given(as_json(200, {"data": [{"text": "no id"}], "meta": {}}), on=TIMELINE),
        faults.given(as_json(200, {"data": ["odd"]}), on=TIMELINE),
    ],
    ids=lambda fault: fault.name,
)
def test_an_unreadable_timeline_is_never_an_empty_one(fake_x: FakeXServer, fault: Fault) -> None:
    fake_x.fake.faults.append(fault)
    with pytest.raises(LookError):
        publisher_of(fake_x).recent(datetime.now(UTC) - timedelta(hours=1))
    assert fake_x.fake.count(TIMELINE) == 1


@pytest.mark.parametrize("route", ["POST /2/media/upload", "POST /2/media/metadata"])
def test_trouble_with_a_picture_means_nothing_was_posted(fake_x: FakeXServer, route: str) -> None:
    fake_x.fake.faults.append(faults.lost_answer(on=route))
    with pytest.raises(UploadError) as caught:
        publisher_of(fake_x).upload(PICTURE, b"png")
    assert caught.value.outcome.verdict is Verdict.NOT_SENT


def test_a_picture_that_is_refused_is_refused(fake_x: FakeXServer) -> None:
    fake_x.fake.faults.append(faults.answered(400, on="POST /2/media/upload"))
    with pytest.raises(UploadError) as caught:
        publisher_of(fake_x).upload(PICTURE, b"png")
    assert (caught.value.outcome.verdict, caught.value.outcome.refusal) == (Verdict.REFUSED, Refusal.REJECTED)


def test_the_alternative_text_goes_with_the_picture(fake_x: FakeXServer) -> None:
    media_id = publisher_of(fake_x).upload(PICTURE, b"png")
    stored = fake_x.fake.media[media_id]
    assert (stored.content, stored.alt_text) == (b"png", "A certificate")


def test_a_picture_without_its_alternative_text_is_not_sent(fake_x: FakeXServer) -> None:
    fake_x.fake.faults.append(faults.answered(403, on="POST /2/media/metadata"))
    with pytest.raises(UploadError) as caught:
        publisher_of(fake_x).upload(PICTURE, b"png")
    assert caught.value.outcome.verdict is Verdict.REFUSED


def test_a_post_shows_its_pictures_in_their_order(fake_x: FakeXServer) -> None:
    publisher = publisher_of(fake_x)
    media_ids = tuple(publisher.upload(PICTURE, content) for content in (b"one", b"two"))
    assert publisher.publish(Outgoing(text="With two pictures", media_ids=media_ids)).verdict is Verdict.SENT
    (stored,) = fake_x.fake.posts.values()
    assert stored.media_ids == media_ids


def test_an_answer_without_an_end_is_not_read_for_ever(fake_x: FakeXServer) -> None:
    told = as_json(201, {"data": {"id": "7"}})
    endless = replace(told, body=told.body + b" " * LONGEST_ANSWER)
    fake_x.fake.faults.append(faults.given(endless))
    assert publisher_of(fake_x).publish(Outgoing(text="Hello")).verdict is Verdict.UNKNOWN


def test_a_deletion_that_x_does_not_confirm_is_unknown(fake_x: FakeXServer) -> None:
    told = as_json(200, {"data": {"deleted": False}})
    fake_x.fake.faults.append(faults.given(told, on="DELETE /2/tweets/7"))
    assert publisher_of(fake_x).delete("7").verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("fault", [faults.html(on="DELETE /2/tweets/7"), faults.answered(500, on="DELETE /2/tweets/7")])
def test_a_deletion_without_a_clear_answer_is_unknown(fake_x: FakeXServer, fault: Fault) -> None:
    fake_x.fake.faults.append(fault)
    assert publisher_of(fake_x).delete("7").verdict is Verdict.UNKNOWN


def test_an_answer_that_our_own_watch_cut_off_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer_without_an_end() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 404 Not Found\r\n\r\n")
                connection.recv(65536)

        thread = threading.Thread(target=answer_without_an_end)
        thread.start()
        base = f"http://127.0.0.1:{server.getsockname()[1]}"
        timeouts = Timeouts(read=5, total=0.3)
        publisher = XPublisher(CREDENTIALS, api_base=base, handle=HANDLE, clock=SystemClock(), timeouts=timeouts)
        assert publisher.delete("7").verdict is Verdict.UNKNOWN
        thread.join()


def test_what_is_no_id_is_not_asked_about(fake_x: FakeXServer) -> None:
    assert publisher_of(fake_x).delete("7/../../users/me").verdict is Verdict.REFUSED
    assert fake_x.fake.requests == []


def test_a_login_by_pin_ends_with_the_credentials_of_the_account(fake_x: FakeXServer) -> None:
    login = begin_pin_login(CREDENTIALS.api_key, CREDENTIALS.api_key_secret, fake_x.base)
    assert login.url == f"{fake_x.base}/oauth/authorize?oauth_token=request-token"
    credentials, identity = login.finish(" 7654321 ")
    assert (credentials, identity.handle, identity.user_id) == (CREDENTIALS, HANDLE, CREDENTIALS.user_id)


def test_a_wrong_pin_is_explained_without_a_secret(fake_x: FakeXServer) -> None:
    login = begin_pin_login(CREDENTIALS.api_key, CREDENTIALS.api_key_secret, fake_x.base)
    with pytest.raises(CredentialsError, match="PIN") as caught:
        login.finish("1111111")
    assert "canary" not in str(caught.value)


def test_a_login_with_nobody_there_is_explained() -> None:
    with pytest.raises(NetworkRefusedError, match="could not be reached"):
        begin_pin_login("key", "secret", "http://127.0.0.1:1")


@pytest.mark.parametrize(
    "base",
    ["http://api.x.com", "http://127.0.0.1.evil.example", "ftp://127.0.0.1", "api.x.com", "https://a@b", "http://[::1"],
)
def test_secrets_travel_only_over_tls(base: str) -> None:
    gateway = Gateway(handle=HANDLE, credentials=CREDENTIALS, api_base=base, clock=SystemClock())
    with pytest.raises(ConfigError, match=r"account\.api_base"):
        open_publisher("x", gateway)


def test_an_unknown_network_is_refused_with_the_known_ones() -> None:
    gateway = Gateway(handle=HANDLE, credentials=CREDENTIALS, api_base="https://api.x.com", clock=SystemClock())
    with pytest.raises(ConfigError, match="Known networks: x"):
        open_publisher("morse", gateway)


def test_no_log_holds_a_secret_or_a_text_even_at_debug(fake_x: FakeXServer, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("", "tweepy", "tweepy.client", "urllib3.connectionpool", "oauthlib", "requests_oauthlib"):
        caplog.set_level(logging.DEBUG, logger=name or None)
    fake_x.fake.faults += [faults.lost_answer(), faults.answered(403), faults.html()]
    publisher = publisher_of(fake_x)
    reasons = [publisher.publish(Outgoing(text=f"Ada Lovell {n}")).reason for n in range(4)]
    publisher.recent(datetime.now(UTC) - timedelta(hours=1))
    begin_pin_login(CREDENTIALS.api_key, CREDENTIALS.api_key_secret, fake_x.base).finish("7654321")
    said = caplog.text + repr(reasons) + repr(publisher) + repr(CREDENTIALS)
    assert "no complete answer" in said
    assert "canary" not in said
    assert "Lovell" not in said
    assert not [record for record in caplog.records if record.levelno < logging.INFO]
