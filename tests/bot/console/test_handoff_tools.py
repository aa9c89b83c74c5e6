"""Around a hand-over: colleagues, notes, the reply box, e-mails in view, and what it teaches."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from staff_fixture import CRUEL, Person, actions, add_staff, ask_for_person, handoff_row, said
from town_fixture import CODE

from accounts import Role
from bot import canned, conversations, handoff, mail, presence
from bot.tables import ConversationRow, HandoffNoteRow, HandoffRow, MailRow
from database import Database, now
from knowledge.articles import Article, State
from knowledge.store import upsert
from knowledge.tables import ArticleDraftRow, ArticleRow
from settings import Settings

URL = "https://www.city.midorino.example/r.html"


def at(number: int, action: str = "") -> str:
    return f"/staff/handoffs/{number}{f'/{action}' if action else ''}"


@pytest.fixture
def mine(agent: Person, waiting: int) -> int:
    """A hand-over the agent has taken."""
    assert agent.post(at(waiting, "take")).status_code == 303
    return waiting


@pytest.fixture
def article(lite: Database) -> str:
    """The article the desk of the tests answers from."""
    with lite.write() as session:
        made = Article(
            CODE,
            "residence-certificate",
            "住民票の写しの請求",
            "1通300円です。",
            department="citizens",
            source_url=URL,
            state=State.PUBLISHED,
        )
        upsert(session, made, keep_state=False)
    return made.id


def talk_of(database: Database, number: int) -> str:
    with database.read() as session:
        return session.get_one(HandoffRow, number).conversation


# A colleague


def test_until_the_colleague_accepts_the_one_who_has_it_answers(
    agent: Person, log_in: Callable[[str], Person], lite: Database, ids: dict[str, int], mine: int
) -> None:
    assert agent.post(at(mine, "offer"), colleague=str(ids["colleague"])).status_code == 303
    assert handoff_row(lite, mine).taken_by == ids["agent"]
    assert agent.post(at(mine, "reply"), text="まだ私が対応します", token="1").status_code == 303
    colleague = log_in("colleague")
    assert "あなたへの引き継ぎ依頼" in colleague.get("/staff/").text
    assert "職員 agentさんからの引き継ぎ依頼" in colleague.get(at(mine)).text
    assert colleague.post(at(mine, "accept")).status_code == 303
    row = handoff_row(lite, mine)
    assert (row.state, row.taken_by, row.offered_to) == ("taken", ids["colleague"], None)
    assert agent.post(at(mine, "reply"), text="遅かった返信", token="2").status_code == 409
    assert said(lite, mine, "notice")[-1].startswith("担当者が交代しました")
    assert ("colleague", "handoff.accepted") in actions(lite)


def test_a_colleague_who_declines_changes_nothing(
    agent: Person, log_in: Callable[[str], Person], lite: Database, ids: dict[str, int], mine: int
) -> None:
    agent.post(at(mine, "offer"), colleague=str(ids["colleague"]))
    assert log_in("colleague").post(at(mine, "decline")).status_code == 303
    row = handoff_row(lite, mine)
    assert (row.taken_by, row.offered_to) == (ids["agent"], None)
    assert log_in("colleague").post(at(mine, "accept")).status_code == 409


def test_an_offer_lapses_and_a_third_person_cannot_accept_it(
    agent: Person, log_in: Callable[[str], Person], lite: Database, ids: dict[str, int], mine: int
) -> None:
    agent.post(at(mine, "offer"), colleague=str(ids["colleague"]))
    assert log_in("administrator").post(at(mine, "accept")).status_code == 409
    with lite.write() as session:
        session.get_one(HandoffRow, mine).offered_at = now() - handoff.OFFER_STANDS
    assert log_in("colleague").post(at(mine, "accept")).status_code == 409
    assert handoff_row(lite, mine).taken_by == ids["agent"]


@pytest.mark.parametrize("whom", ["", "x", "0", "999", "editor", "stranger", "agent", "closed"])
def test_it_is_offered_to_agents_of_the_town_only(
    agent: Person, lite: Database, ids: dict[str, int], mine: int, whom: str
) -> None:
    if whom == "closed":
        ids["closed"] = add_staff(lite, "closed", Role.AGENT, active=False)
    assert agent.post(at(mine, "offer"), colleague=str(ids.get(whom, whom))).status_code == 409
    assert handoff_row(lite, mine).offered_to is None


def test_who_has_not_taken_it_offers_nothing(
    log_in: Callable[[str], Person], lite: Database, ids: dict[str, int], mine: int
) -> None:
    assert log_in("colleague").post(at(mine, "offer"), colleague=str(ids["colleague"])).status_code == 409
    assert handoff_row(lite, mine).offered_to is None


def test_an_offer_is_void_once_it_is_given_back_or_resolved(
    agent: Person, lite: Database, ids: dict[str, int], mine: int
) -> None:
    agent.post(at(mine, "offer"), colleague=str(ids["colleague"]))
    agent.post(at(mine, "give-back"))
    assert handoff_row(lite, mine).offered_to is None


def test_of_accepting_and_taking_back_at_the_same_moment_one_happens(
    agent: Person, log_in: Callable[[str], Person], lite: Database, ids: dict[str, int], mine: int
) -> None:
    agent.post(at(mine, "offer"), colleague=str(ids["colleague"]))
    colleague = log_in("colleague")
    tokens = {person: person.token("/staff/password") for person in (agent, colleague)}
    results: dict[str, int] = {}

    def press(person: Person, action: str) -> None:
        results[action] = person.client.post(at(mine, action), data={"csrf_token": tokens[person]}).status_code

    threads = [threading.Thread(target=press, args=pair) for pair in ((agent, "decline"), (colleague, "accept"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    row = handoff_row(lite, mine)
    assert row.state == "taken"
    assert row.taken_by == (ids["colleague"] if results["accept"] == 303 else ids["agent"])
    assert row.offered_to is None


# Notes


def test_a_note_is_for_staff_and_never_for_the_resident(
    agent: Person, log_in: Callable[[str], Person], lite: Database, waiting: int
) -> None:
    for _ in range(2):  # sent twice it is kept once
        assert agent.post(at(waiting, "note"), note=f"内線3120 {CRUEL}").status_code == 303
    page = log_in("colleague").get(at(waiting)).text
    assert "内線3120 &lt;script&gt;" in page
    assert CRUEL not in page
    with lite.read() as session:
        assert session.scalar(select(func.count()).select_from(HandoffNoteRow)) == 1
    shown = log_in("colleague").client.get(f"/api/v1/conversations/{talk_of(lite, waiting)}").text
    assert "内線3120" not in shown


@pytest.mark.parametrize("text", ["", "  \n", "あ" * 2001, "番号は123456789018です"])
def test_a_note_that_cannot_be_kept_stays_in_its_box(agent: Person, lite: Database, waiting: int, text: str) -> None:
    answer = agent.post(at(waiting, "note"), note=text)
    assert answer.status_code == 422
    assert text.strip() in answer.text
    with lite.read() as session:
        assert session.scalar(select(func.count()).select_from(HandoffNoteRow)) == 0


# The reply box


def test_a_canned_reply_is_filled_below_what_is_typed(agent: Person, lite: Database, mine: int) -> None:
    with lite.write() as session:
        text = "{receipt}の件、{department}（{phone}）の{staff}です。{hours}。"
        number = canned.save(session, CODE, "名乗る", text, "", "agent").id
    answer = agent.post(at(mine, "compose"), text="こんにちは", token="t", do="canned", canned=str(number))
    receipt = handoff_row(lite, mine).receipt
    assert answer.status_code == 200
    assert f"こんにちは\n\n{receipt}の件、市民課（099-000-1110）の職員 agentです。" in answer.text
    assert 'name="token" value="t"' in answer.text
    assert said(lite, mine) == []


def test_articles_are_found_attached_taken_off_and_sent_as_cards(agent: Person, lite: Database, mine: int, article: str) -> None:
    found = agent.post(at(mine, "compose"), text="本文", words="住民票", do="search").text
    assert 'name="attach" value="residence-certificate"' in found
    attached = agent.post(at(mine, "compose"), text="本文", attach=article).text
    assert 'name="article" value="residence-certificate"' in attached
    removed = agent.post(at(mine, "compose"), text="本文", article=article, remove=article).text
    assert 'name="article"' not in removed
    assert agent.post(at(mine, "reply"), text="こちらです", token="1", article=article).status_code == 303
    shown = agent.client.get(f"/api/v1/conversations/{talk_of(lite, mine)}").get_json()["messages"][-1]
    assert (shown["text"], shown["answer"]) == ("こちらです", None)
    (card,) = shown["sources"]
    assert (card["id"], card["title"], card["url"], card["department"]) == (article, "住民票の写しの請求", URL, "市民課")


@pytest.mark.parametrize("words", ["%", "_", "\\", "無い言葉", CRUEL])
def test_a_search_takes_its_words_as_they_are(agent: Person, mine: int, article: str, words: str) -> None:
    page = agent.post(at(mine, "compose"), text=CRUEL, words=words, do="search")
    assert page.status_code == 200
    assert 'name="attach"' not in page.text
    assert CRUEL not in page.text


def test_an_article_withdrawn_meanwhile_is_not_sent_and_the_text_stays(
    agent: Person, lite: Database, mine: int, article: str
) -> None:
    with lite.write() as session:
        session.get_one(ArticleRow, (CODE, article)).state = State.EXPIRED.value
    answer = agent.post(at(mine, "reply"), text="大切な返信", token="1", article=article)
    assert answer.status_code == 422
    assert "大切な返信" in answer.text
    assert said(lite, mine) == []


def test_a_draft_comes_on_request_marked_and_is_never_sent_by_itself(
    agent: Person, lite: Database, mine: int, article: str
) -> None:
    assert "AIが記事から作った下書き" not in agent.get(at(mine)).text
    drafted = agent.post(at(mine, "compose"), text="", do="suggest").text
    assert "AIが記事から作った下書きが入っています" in drafted
    assert "住民票の写しは1通300円です。" in drafted
    assert 'name="article" value="residence-certificate"' in drafted
    assert said(lite, mine) == []
    agent.post(at(mine, "reply"), text="住民票の写しは1通300円です。", token="1", drafted="yes", article=article)
    assert actions(lite)[-1] == ("agent", "handoff.replied")


def test_a_desk_that_fails_gives_no_draft_and_takes_nothing_away(agent: Person, lite: Database, settings: Settings) -> None:
    number = ask_for_person(lite, settings, "例外が起きる質問")
    agent.post(at(number, "take"))
    page = agent.post(at(number, "compose"), text="書きかけ", do="suggest")
    assert page.status_code == 200
    assert "書きかけ" in page.text
    assert "下書きを作れませんでした" in page.text


def test_who_has_not_taken_it_gets_nothing_into_the_box(log_in: Callable[[str], Person], mine: int, article: str) -> None:
    page = log_in("colleague").post(at(mine, "compose"), text="", do="suggest").text
    assert "1通300円" not in page


# Typing and reading


def test_what_the_resident_does_is_seen_and_what_staff_read_is_told(agent: Person, lite: Database, mine: int) -> None:
    talk = talk_of(lite, mine)
    with lite.write() as session:
        newest = conversations.append(session, conversations.lock(session, talk), "resident", "もう一つ").id
        presence.tell(session, conversations.find(session, talk), presence.RESIDENT, now(), typing=True)
    assert agent.get(at(mine, "presence")).get_json() == {"typing": True, "read": 0, "last": newest}
    with lite.read() as session:
        assert presence.of(session, talk, presence.STAFF, now()).read < newest
    agent.get(at(mine), headers={"X-Madoguchi-Refresh": "1"})
    with lite.read() as session:
        assert presence.of(session, talk, presence.STAFF, now()).read < newest, "a page that refreshes itself has no reader"
    agent.get(at(mine))
    with lite.read() as session:
        assert presence.of(session, talk, presence.STAFF, now()).read == newest
    agent.post(at(mine, "presence"), typing="yes", read=str(newest))
    shown = agent.client.get(f"/api/v1/conversations/{talk}/updates").get_json()["presence"]
    assert shown == {"typing": True, "read": newest}


def test_only_who_has_it_is_seen_by_the_resident(log_in: Callable[[str], Person], lite: Database, mine: int) -> None:
    colleague = log_in("colleague")
    colleague.get(at(mine))
    assert colleague.post(at(mine, "presence"), typing="yes", read="99").status_code == 204
    with lite.read() as session:
        assert not presence.of(session, talk_of(lite, mine), presence.STAFF, now()).typing


@pytest.mark.parametrize("read", ["-1", "x", "９", "9" * 40])
def test_a_strange_number_is_none(agent: Person, mine: int, read: str) -> None:
    assert agent.post(at(mine, "presence"), read=read).status_code == 204


# E-mails in view


def failed_letter(database: Database, number: int) -> int:
    with database.write() as session:
        mail.enqueue(session, CODE, f"reply:{number}:1", "nobody@example.jp", "件名", "本文", handoff=number)
        row = mail.find(session, f"reply:{number}:1")
        assert row is not None
        row.state, row.error = "failed", "SMTPRecipientsRefused 550"
        return row.id


@pytest.mark.parametrize(("press", "state"), [("again", "waiting"), ("settle", "settled")])
def test_a_letter_that_failed_is_shown_until_somebody_sees_to_it(
    agent: Person, lite: Database, waiting: int, press: str, state: str
) -> None:
    number = failed_letter(lite, waiting)
    assert "住民にメールを届けられなかった受付があります" in agent.get("/staff/").text
    page = agent.get(at(waiting)).text
    assert "SMTPRecipientsRefused 550" in page
    assert agent.post(at(waiting, f"mails/{number}/{press}")).status_code == 303
    with lite.read() as session:
        assert session.get_one(MailRow, number).state == state
    assert "住民にメールを届けられなかった" not in agent.get("/staff/").text
    assert agent.post(at(waiting, f"mails/{number}/{press}")).status_code == 409


def test_another_municipality_finds_no_such_letter(log_in: Callable[[str], Person], lite: Database, waiting: int) -> None:
    number = failed_letter(lite, waiting)
    assert log_in("stranger").post(at(waiting, f"mails/{number}/again")).status_code == 404


# Ratings and alarms


def test_ratings_are_averaged_and_shown_with_their_word(agent: Person, lite: Database, mine: int, settings: Settings) -> None:
    assert "直近90日の回答はまだありません" in agent.get("/staff/").text
    agent.post(at(mine, "resolve"))
    with lite.write() as session:
        handoff.rate(session, session.get_one(HandoffRow, mine).conversation, 4, CRUEL)
    other = ask_for_person(lite, settings)
    agent.post(at(other, "take"))
    agent.post(at(other, "resolve"))
    with lite.write() as session:
        handoff.rate(session, session.get_one(HandoffRow, other).conversation, 3, None)
    assert "平均3.5（直近90日、回答2件）" in agent.get("/staff/").text
    page = agent.get(at(mine)).text
    assert "4（満足）" in page
    assert CRUEL not in page


@pytest.mark.parametrize(
    ("minutes", "badge", "title"),
    [(-1, "予定を過ぎています", "受付一覧・予定超過1件"), (5, "まもなく予定の時刻", "受付一覧 |"), (20, None, "受付一覧 |")],
)
def test_the_queue_warns_before_a_promise_breaks_and_after(
    agent: Person, lite: Database, waiting: int, minutes: int, badge: str | None, title: str
) -> None:
    with lite.write() as session:
        session.get_one(HandoffRow, waiting).promised_by = now() + timedelta(minutes=minutes)
    page = agent.get("/staff/").text
    assert title in page
    for words in ("予定を過ぎています", "まもなく予定の時刻"):
        assert (words in page) == (words == badge)


# What it teaches


def finished(agent: Person, number: int, reply: str = "郵送でも請求できます。") -> None:
    agent.post(at(number, "reply"), text=reply, token="1")
    assert agent.post(at(number, "resolve")).status_code == 303


def test_a_finished_hand_over_becomes_one_draft_however_often_it_is_pressed(agent: Person, lite: Database, mine: int) -> None:
    finished(agent, mine)
    for _ in range(2):
        assert agent.post(at(mine, "draft")).status_code == 303
    with lite.read() as session:
        (draft,) = session.scalars(select(ArticleDraftRow))
    assert draft.origin == {"kind": "handoff", "id": mine}
    content = draft.content
    assert (content["title"], content["body"]) == ("転入届について教えてください", "郵送でも請求できます。")
    assert (content["alternatives"], content["department"]) == (["転入届について教えてください"], "citizens")
    assert handoff_row(lite, mine).article == draft.article
    assert ("agent", "handoff.article_drafted") in actions(lite)


def test_the_question_becomes_another_way_to_ask_an_article(
    agent: Person, lite: Database, settings: Settings, article: str
) -> None:
    answer = {"answer": "1通300円です。", "status": "answered", "sources": [{"id": article, "title": "住民票の写しの請求"}]}
    number = ask_for_person(lite, settings, "じゅうみんひょう、いくら？", answer=answer)
    agent.post(at(number, "take"))
    finished(agent, number)
    assert f'<option value="{article}">' in agent.get(at(number)).text
    assert agent.post(at(number, "phrasing"), article=article).status_code == 303
    with lite.read() as session:
        draft = session.get_one(ArticleDraftRow, (CODE, article))
        assert draft.content["alternatives"] == ["じゅうみんひょう、いくら？"]
        assert draft.content["body"] == "1通300円です。"
        assert session.get_one(ArticleRow, (CODE, article)).alternatives == [], "residents read what is published"


def test_nothing_is_learnt_from_an_open_or_an_empty_one(agent: Person, lite: Database, mine: int, article: str) -> None:
    assert agent.post(at(mine, "draft")).status_code == 409
    agent.post(at(mine, "resolve"))
    assert agent.post(at(mine, "draft")).status_code == 409
    assert agent.post(at(mine, "phrasing"), article=article).status_code == 409
    with lite.read() as session:
        assert session.scalar(select(func.count()).select_from(ArticleDraftRow)) == 0


def test_an_unknown_article_learns_nothing(agent: Person, lite: Database, mine: int) -> None:
    finished(agent, mine)
    assert agent.post(at(mine, "phrasing"), article="nowhere").status_code == 409
    assert handoff_row(lite, mine).article is None


def test_what_staff_wrote_is_masked_once_more(agent: Person, lite: Database, mine: int) -> None:
    with lite.write() as session:
        handoff.staff_reply(session, mine, handoff_row(lite, mine).taken_by or 0, "番号は123456789018です")
    agent.post(at(mine, "resolve"))
    agent.post(at(mine, "draft"))
    with lite.read() as session:
        (draft,) = session.scalars(select(ArticleDraftRow))
    assert "123456789018" not in str(draft.content)


# Language


@pytest.mark.parametrize("state", ["requested", "queued", "taken", "resolved", "expired"])
def test_every_state_has_its_page_in_english(
    agent: Person, lite: Database, waiting: int, ids: dict[str, int], state: str
) -> None:
    failed_letter(lite, waiting)
    with lite.write() as session:
        row = session.get_one(HandoffRow, waiting)
        row.state, row.taken_by, row.contact_kind, row.contact = state, ids["agent"], "email", "midori@example.jp"
        session.get_one(ConversationRow, row.conversation).language = "en"
    agent.post("/staff/language", language="en")
    page = agent.get(at(waiting))
    assert page.status_code == 200
    assert "Send again" in page.text
    assert "staff_inbox." not in page.text
