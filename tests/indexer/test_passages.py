"""An article's passages: its question forms, its body whole and by section, its facts; digests move only with the text."""

from __future__ import annotations

from dataclasses import replace

from small_knowledge import CERTIFICATE, MOVING_IN

from indexer.passages import FACT_LABELS, BodySection, Kind, fact_lines, passages, sections
from knowledge.articles import ConditionalDocument, Procedure


def test_sections_carry_the_path_of_their_headings() -> None:
    body = "始めに\n\n# 転入\n本文\n## 持ち物\n- 旅券\n### 子ども\n母子手帳\n## 窓口\n1階\n# 転出\n郵送で"
    assert sections(body) == [
        BodySection("", "始めに"),
        BodySection("転入", "本文"),
        BodySection("転入 > 持ち物", "- 旅券"),
        BodySection("転入 > 持ち物 > 子ども", "母子手帳"),
        BodySection("転入 > 窓口", "1階"),
        BodySection("転出", "郵送で"),
    ]


def test_a_hash_inside_a_code_fence_is_no_heading() -> None:
    assert sections("```\n# これは見出しではない\n```\n## 見出し\n文") == [
        BodySection("", "```\n# これは見出しではない\n```"),
        BodySection("見出し", "文"),
    ]


def test_closing_hashes_and_empty_sections_are_left_out() -> None:
    assert sections("## 空\n\n## 持ち物 ##\n旅券\n#番号ではない") == [BodySection("持ち物", "旅券\n#番号ではない")]


def test_an_empty_body_has_no_sections_and_its_article_still_has_passages() -> None:
    assert sections("") == []
    empty = list(passages(replace(CERTIFICATE, body="")))
    assert [p.kind for p in empty].count(Kind.BODY) >= 1  # search needs one body an article
    assert empty[0].text == "住民票の写しの請求"


def test_title_and_alternatives_are_questions_in_their_order() -> None:
    questions = [p.text for p in passages(CERTIFICATE) if p.kind == Kind.QUESTION]
    assert questions == ["住民票の写しの請求", "住民票がほしい", "住民票を取りたい", "住民票の写しはいくらですか"]


def test_a_body_of_several_sections_is_there_whole_and_by_section() -> None:
    bodies = [p for p in passages(MOVING_IN) if p.kind != Kind.QUESTION]
    assert [p.heading for p in bodies] == ["", "", "手続きの方法", "受付時間", "郵送", "代理人が来るとき", ""]
    assert [p.kind for p in bodies] == [Kind.BODY, *[Kind.SECTION] * 5, Kind.FACTS]
    assert all(p.text in bodies[0].text for p in bodies[1:-1])


def test_ids_number_the_passages_of_an_article() -> None:
    assert [p.id for p in passages(CERTIFICATE)][:2] == ["990035/residence-certificate#0", "990035/residence-certificate#1"]


def test_facts_name_every_stated_field_and_keep_conditional_documents_apart() -> None:
    lines = {field: values for field, _, values in fact_lines(MOVING_IN.procedure)}
    assert lines["required_documents"] == ("本人確認書類", "マイナンバーカード")
    (conditional,) = lines["conditional_documents"]
    assert "紙の転出証明書を受け取った方" in conditional
    assert "転出証明書" in conditional
    assert "online_url" not in lines  # not stated
    assert set(FACT_LABELS) == set(Procedure.__dataclass_fields__)


def test_an_article_without_facts_has_no_passage_of_facts() -> None:
    assert Kind.FACTS not in {p.kind for p in passages(replace(CERTIFICATE, procedure=Procedure()))}


def test_a_digest_is_the_same_for_the_same_text_and_another_for_another() -> None:
    first = [p.digest for p in passages(MOVING_IN)]
    assert [p.digest for p in passages(MOVING_IN)] == first
    assert [p.digest for p in passages(replace(MOVING_IN, owner="someone", category="別"))] == first
    changed = [p.digest for p in passages(replace(MOVING_IN, body=MOVING_IN.body.replace("平日", "毎日")))]
    assert sum(a != b for a, b in zip(first, changed, strict=True)) == 2  # the whole body and the section 受付時間
    facts = replace(MOVING_IN.procedure, conditional_documents=(ConditionalDocument("国外からの方", "旅券"),))
    assert sum(a != b.digest for a, b in zip(first, passages(replace(MOVING_IN, procedure=facts)), strict=True)) == 1


def test_question_and_body_of_equal_text_have_different_digests() -> None:
    question, body = list(passages(replace(CERTIFICATE, body="同じ文", title="同じ文", alternatives=(), procedure=Procedure())))
    assert question.text == body.text
    assert question.digest != body.digest
