"""The demo desk as `make run` serves it, asked as residents ask: the right article with its source, a choice, or a person."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from widget_driver import Resident

from settings import ROOT

pytestmark = pytest.mark.journey
READY_SECONDS = 120


@dataclass(frozen=True)
class Journey:
    """`answers`: titles (as a pattern) that may be shown as the source; `choices`: patterns that must be among the buttons."""

    question: str
    answers: str = ""
    choices: tuple[str, ...] = ()
    person: bool = False


JOURNEYS = (
    Journey("引っ越してきたけど何すればいい?", answers="転入届", choices=("転入届",)),
    Journey("ハンコの登録っていくら", answers="印鑑登録"),
    Journey("赤ちゃん産まれた", answers="赤ちゃんが生まれたとき", choices=("赤ちゃんが生まれたとき",)),
    Journey("燃えないゴミいつ", choices=("中央", "桜台", "若葉")),
    Journey("免許証なくした", answers="運転免許証をなくしたとき"),
    Journey("ゴミ袋どこで買えるの", answers="指定ごみ袋"),
    Journey("犬飼い始めた", answers="犬を飼い始めたとき"),
    Journey("水道止めたい", answers="水道の使用をやめる"),
    Journey("フライパンって何ゴミ？", answers="ごみ分別表"),
    Journey("傘の捨て方", choices=("金属", "プラスチック")),
    Journey("モバイルバッテリー捨てたい", answers="ごみ分別表"),
    Journey("パスポート作りたい", answers="パスポート"),
    Journey("コンビニで住民票取れますか", answers="コンビニ"),
    Journey("道路に穴が開いてる", answers="道路の穴"),
    Journey("スズメバチの巣があるんだけど", answers="スズメバチ"),
    Journey("図書館カードの作り方", answers="図書館の利用カード"),
    Journey("保育園いつから申し込める？", answers="保育園"),
    Journey("転出届ネットでできる？", answers="転出届"),
    Journey("税金払えない", answers="納められない", choices=("納められない",)),
    Journey("住民票の取り方と、あと犬の登録料教えて", answers="住民票の写し"),
    Journey("職員の人と話したい", person=True),
    Journey("ほかの星へ行くロケットの予約", person=True),
)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise AssertionError(f"the desk was not ready within {READY_SECONDS} s:\n{log.read_text()}")


@pytest.fixture(scope="module")
def demo_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The steps of `make run` in an empty instance folder; yields the address of the desk."""
    instance = tmp_path_factory.mktemp("instance")
    port = _free_port()
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("MADOGUCHI_")},
        "MADOGUCHI_INSTANCE": str(instance),
        "MADOGUCHI_PORT": str(port),
        "MADOGUCHI_WORKERS": "1",
        "MADOGUCHI_RATE_LIMIT_MESSAGES": "1000/minute",
        "MADOGUCHI_RATE_LIMIT_CONVERSATIONS": "1000/minute",
    }
    for command in (["knowledge", "load", "knowledge/samples/midorino", "--unless-present"], ["indexer", "build"]):
        subprocess.run([sys.executable, "-m", *command], cwd=ROOT, env=environment, check=True, capture_output=True)
    log = instance / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=output, stderr=output)
    url = f"http://127.0.0.1:{port}"
    try:
        _await_ready(url, server, log)
        yield url
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(40)


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda j: j.question)
def test_a_resident_gets_the_right_article_a_choice_or_a_person(
    journey: Journey, demo_desk: str, new_page: Callable[..., Page]
) -> None:
    resident = Resident(new_page()).arrive(f"{demo_desk}/").open()
    answer = resident.ask(journey.question)
    sources = answer.locator(".source")
    if sources.count() and not journey.person:
        assert journey.answers, f"answered from {sources.first.inner_text()}"
        card = sources.first.inner_text()
        assert re.search(journey.answers, card), card
        assert re.search(r"\d{4}年\d{1,2}月\d{1,2}日|\d{4}-\d{2}-\d{2}", card), f"no last-checked date in {card!r}"
        assert re.search(r"課|室|局|館|窓口|センター", card), f"no department in {card!r}"
        return
    buttons = answer.locator("button").all_inner_texts()
    for choice in journey.choices:
        assert any(choice in button for button in buttons), buttons
    if journey.person:
        assert any("職員" in button for button in buttons) or resident.dialog.locator("[data-tool=person]").is_visible()
        assert answer.get_attribute("data-status") in {"person_requested", "unsure", "out_of_scope", "asked_back"}
    else:
        assert journey.choices, f"no source and no choice for {journey.question}: {answer.inner_text()}"


def test_choosing_the_district_after_the_question_gives_the_days(demo_desk: str, new_page: Callable[..., Page]) -> None:
    resident = Resident(new_page()).arrive(f"{demo_desk}/").open()
    resident.ask("燃えないゴミいつ").get_by_role("button", name="桜台").click()
    answer = resident.log.locator(".message.desk[data-status=answered]").last
    expect(answer).to_contain_text("燃やさないごみ")
    expect(answer).to_contain_text("次の収集は")


def test_two_questions_in_one_message_get_two_answers(demo_desk: str, new_page: Callable[..., Page]) -> None:
    resident = Resident(new_page()).arrive(f"{demo_desk}/").open()
    answer = resident.ask("住民票の取り方と、あと犬の登録料教えて")
    expect(answer).to_contain_text("住民票の写しの取り方")
    expect(answer).to_contain_text("犬を飼い始めたときの登録")


def test_a_follow_up_is_read_with_the_question_before(demo_desk: str, new_page: Callable[..., Page]) -> None:
    resident = Resident(new_page()).arrive(f"{demo_desk}/").open()
    resident.ask("住民票の写しの取り方を教えて")
    answer = resident.ask("じゃあ郵送では？")
    expect(answer.locator(".source, button").filter(has_text=re.compile("住民票")).first).to_be_visible()


def test_an_emergency_gets_its_card_before_anything_else(demo_desk: str, new_page: Callable[..., Page]) -> None:
    resident = Resident(new_page()).arrive(f"{demo_desk}/").open()
    answer = resident.ask("家が燃えてる、助けて")
    assert answer.get_attribute("data-status") == "emergency"
    expect(answer.locator("a[href='tel:119']").first).to_be_visible()


def test_personal_numbers_are_hidden_in_what_is_kept(demo_desk: str, new_page: Callable[..., Page]) -> None:
    page = new_page()
    resident = Resident(page).arrive(f"{demo_desk}/").open()
    resident.ask("マイナンバーは1234 5678 9018です。カードをなくしました")
    page.reload()
    resident.open()
    expect(resident.log).not_to_contain_text("5678")
