"""One message is cut into its questions and loses nothing; a follow-up finds the question it goes on with."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_knowledge import CONTENT

from bot import coordination, follow_up, topics
from bot.answer import Status
from bot.candidates import Candidates
from bot.question import PastTurn
from indexer import text

SENTENCES = (
    "転入届はどこで出せますか。", "引っ越してきました。", "子どもが生まれました。", "手数料はいくらですか？", "郵送でもできますか。",
    "それと保育園の申し込みを知りたいです。", "あと、粗大ごみの出し方も教えてください。", "夫が亡くなりました", "ごみの日は？",
    "印鑑登録の方法を教えて！", "桜台に住んでいます。", "いつまで？", "犬を飼い始めたので登録したい、あと注射はどこで受けますか。",
    "国保に入りたい。", "急いでいます", "税金の納付書をなくした。", "また、再発行できますか。", "必要なものは？", "年金はどうなりますか。",
)  # fmt: skip


def content_words(message: str) -> set[str]:
    return set(text.tokens(message))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=7), st.sampled_from(["", " ", "\n"]))
def test_no_content_word_of_a_message_is_dropped(sentences: list[str], between: str) -> None:
    message = between.join(sentences)
    found = topics.split(message)
    assert found
    assert all(topic.strip() for topic in found)
    # また, あと and それと only join; everything else is said in one of the questions.
    assert content_words(message) - set().union(*map(content_words, found)) <= {"又", "後", "あと"}


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="あいう住民票税。？、 \n!?はをにどこいつと", max_size=40))
def test_any_text_with_a_word_gives_a_question(message: str) -> None:
    if message.strip():
        assert "".join(topics.split(message)).strip()


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("住民票", ["住民票"]),
        ("燃えないゴミいつ", ["燃えないゴミいつ"]),
        ("転入届はどこで出せますか。あと、粗大ごみの出し方も教えてください。", ["転入届はどこで出せますか。", "粗大ごみの出し方も教えてください。"]),
        ("国保に入りたいです。それと保育園の申し込みはいつまでですか", ["国保に入りたいです。", "保育園の申し込みはいつまでですか"]),
        ("犬を飼い始めたので登録したい、あと狂犬病の注射はどこでできる？", ["犬を飼い始めたので登録したい", "狂犬病の注射はどこでできる？"]),
        ("マイナンバーカードの更新、それから電子証明書の期限を知りたい", ["マイナンバーカードの更新", "電子証明書の期限を知りたい"]),
        ("ごみの収集日はいつですか？図書館は何時までですか？", ["ごみの収集日はいつですか？", "図書館は何時までですか？"]),
        ("児童手当の申請方法を教えて\n保育園の空きはどこで見られる？", ["児童手当の申請方法を教えて", "保育園の空きはどこで見られる？"]),
        ("転出届を出したいです。別件ですが犬の登録も知りたいです。", ["転出届を出したいです。", "犬の登録も知りたいです。"]),
        ("税金はどこで払えますか。ついでに証明書もほしいです。もう一つ、予防接種の場所を教えて。",
         ["税金はどこで払えますか。", "証明書もほしいです。", "予防接種の場所を教えて。"]),
        ("タイヤ捨てたいあとバッテリーも", ["タイヤ捨てたい", "バッテリーも"]),
        ("1. 住民票の郵送請求 2. 印鑑登録の代理", ["住民票の郵送請求", "印鑑登録の代理"]),
        ("プラごみっていつ…あと割れた鏡はどうする", ["プラごみっていつ", "割れた鏡はどうする"]),
        # What only explains stays with the question, and is carried along by every question of the message.
        ("引っ越してきました。何をすればいいですか？", ["引っ越してきました。 何をすればいいですか？"]),
        ("夫が転勤で先に引っ越します。私と子どもは3月まで残ります。転出届は別々に出せますか。",
         ["夫が転勤で先に引っ越します。 私と子どもは3月まで残ります。 転出届は別々に出せますか。"]),
        ("ごみの日を知りたいです。桜台に住んでいます。", ["ごみの日を知りたいです。 桜台に住んでいます。"]),
        ("母が亡くなりました。どんな手続きが必要ですか。年金はどうなりますか。",
         ["母が亡くなりました。 どんな手続きが必要ですか。", "母が亡くなりました。 年金はどうなりますか。"]),
        ("引っ越してきました。あと子どもがいます。何をすればいいですか", ["引っ越してきました。 子どもがいます。 何をすればいいですか"]),
        # A question that names no subject goes on with the one before, whatever word joins them.
        ("住民票がほしいです。いくらですか？", ["住民票がほしいです。 いくらですか？"]),
        ("住民票の写しはいくらですか。郵送でもできますか。", ["住民票の写しはいくらですか。 郵送でもできますか。"]),
        ("転入届を出したい。あと、いつまでですか", ["転入届を出したい。 いつまでですか"]),
        ("離婚届について聞きたいのですが、証人は必要ですか？また、夫の同意なしで出せますか？",
         ["離婚届について聞きたいのですが、証人は必要ですか？ 夫の同意なしで出せますか？"]),
        ("保育園の空き状況はどこで見られますか？申し込みは何月からですか？必要書類は？",
         ["保育園の空き状況はどこで見られますか？ 申し込みは何月からですか？ 必要書類は？"]),
        ("粗大ごみを出したい。予約はどうやって取るの？料金は？", ["粗大ごみを出したい。 予約はどうやって取るの？ 料金は？"]),
        # Greetings and thanks are no part of a question.
        ("こんにちは。住民票を取りたいです。よろしくお願いします。", ["住民票を取りたいです。"]),
        ("お世話になります。印鑑登録の方法を教えてください。", ["印鑑登録の方法を教えてください。"]),
        ("ありがとうございます。あと、図書館は何時まで開いてますか", ["図書館は何時まで開いてますか"]),
        ("すみません、質問です。戸籍謄本は遠くでも取れますか？", ["戸籍謄本は遠くでも取れますか？"]),
        ("よろしくお願いします", ["よろしくお願いします"]),
    ],
)  # fmt: skip
def test_a_message_is_cut_into_its_questions(message: str, expected: list[str]) -> None:
    assert topics.split(message) == expected


CERTIFICATE = PastTurn("住民票の写しはいくらですか", Status.ANSWERED, ("residence-certificate",))


@pytest.mark.parametrize(
    "said",
    ["じゃあ郵送では？", "郵送だと？", "代理人でもいい？", "いつまで？", "土日は？", "コンビニで取れますか", "必要なものは？", "子どもの分は？", "それはどこでできますか？",
     "その課の電話番号は？", "予約はいる？", "本人じゃないとだめ？", "オンラインでできる？", "他に必要なものは？", "じゃあ、夫が行ってもいいですか"],
)  # fmt: skip
def test_a_question_without_a_subject_goes_on_with_the_one_before(said: str) -> None:
    whole, follows = follow_up.standalone(said, (CERTIFICATE,))
    assert whole == f"住民票の写しはいくらですか {said}"
    assert follows == ("residence-certificate",)


@pytest.mark.parametrize(
    "said",
    ["印鑑登録は？", "マイナンバーカードの更新をしたい", "では転出届はどうすればいいですか", "じゃあ児童手当は？", "これから引っ越すのですが何をすればいいですか",
     "じゃがいもの皮の捨て方", "ごみの日は？", "その他プラスチックはいつ"],
)  # fmt: skip
def test_a_question_with_a_subject_of_its_own_stands_alone(said: str) -> None:
    assert follow_up.standalone(said, (CERTIFICATE,)) == (said, ())


def test_without_a_conversation_a_question_is_as_it_was_said() -> None:
    assert follow_up.standalone("郵送だと？", ()) == ("郵送だと？", ())


def test_a_chain_of_follow_ups_goes_back_to_the_question_that_named_the_subject() -> None:
    history = (CERTIFICATE, PastTurn("郵送だと？", Status.ANSWERED, ("residence-certificate",)))
    assert follow_up.standalone("何日かかりますか？いくら？", history)[0].startswith("住民票の写しはいくらですか ")


def test_a_follow_up_goes_on_with_the_last_question_also_when_that_had_no_answer() -> None:
    history = (CERTIFICATE, PastTurn("犬の登録をしたい", Status.UNSURE))
    assert follow_up.standalone("いくらですか", history) == ("犬の登録をしたい いくらですか", ())


def test_thanks_and_calls_for_a_person_are_no_subject() -> None:
    history = (CERTIFICATE, PastTurn("ありがとう", Status.SMALL_TALK), PastTurn("職員と話したい", Status.PERSON_REQUESTED))
    assert follow_up.standalone("郵送だと？", history)[0] == "住民票の写しはいくらですか 郵送だと？"


def test_a_short_reply_to_the_desks_own_question_is_read_with_what_was_asked() -> None:
    history = (PastTurn("引っ越しの手続き", Status.ASKED_BACK),)
    assert follow_up.standalone("市外からです", history)[0] == "引っ越しの手続き 市外からです"
    further = (*history, PastTurn("市外からです", Status.ASKED_BACK))
    assert follow_up.standalone("海外です", further)[0] == "引っ越しの手続き 市外からです 海外です"


def test_a_new_question_after_the_desk_asked_back_is_new() -> None:
    history = (PastTurn("引っ越しの手続き", Status.ASKED_BACK),)
    assert follow_up.standalone("図書館は何時まで開いていますか", history) == ("図書館は何時まで開いていますか", ())


def of(found: dict[str, tuple[str, ...]], sure: float = 0.9) -> Candidates:
    return Candidates(lambda said: found.get(said, ("moving-in", "bulky-waste")), CONTENT, lambda _: sure)


def test_a_statement_that_asks_for_something_itself_is_a_question_before_another_one() -> None:
    found = {"転入届なくした。": ("moving-in",), "粗大ごみの出し方を教えて": ("bulky-waste", "collection-days")}
    message = "転入届なくした。粗大ごみの出し方を教えて"
    assert topics.split(message, of(found)) == ["転入届なくした。", "粗大ごみの出し方を教えて"]
    assert topics.split(message, of({})) == ["転入届なくした。 粗大ごみの出し方を教えて"]


@pytest.mark.parametrize(
    ("clause", "firsts"),
    [
        ("住民票はいくら、ごみの日はいつ", ["住民票はいくら"]),
        ("児童手当の額、学童の料金", ["児童手当の額"]),  # a list of nouns
        ("児童手当、まだ出せますか", []),  # names first what it asks about
        ("引っ越したとき、学童の料金", []),
        ("カーブミラーが割れとるし、側溝のふたも", ["カーブミラーが割れとるし"]),
    ],
)
def test_a_comma_may_part_questions_after_what_could_stand_alone(clause: str, firsts: list[str]) -> None:
    assert [clause[:start] for start, _ in coordination.ends(clause)] == firsts


def test_a_follow_up_with_a_subject_of_its_own_turns_away_though_no_word_says_so() -> None:
    history = (PastTurn("転入届はどこですか", Status.ANSWERED, ("moving-in",)),)
    found = {"転入届はどこですか": ("moving-in", "moving-out"), "粗大ごみの出し方を教えて": ("bulky-waste", "collection-days")}
    assert follow_up.standalone("粗大ごみの出し方を教えて", history, of(found)) == ("粗大ごみの出し方を教えて", ())
    assert follow_up.standalone("母が代わりに行っても？", history, of(found))[0] == "転入届はどこですか 母が代わりに行っても？"
