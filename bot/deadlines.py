"""Rules with numbers in an article's facts, worked out for the day or the age in the question.

Deadlines are read from `procedure.deadline` and ages from `procedure.eligibility` alone. Where the rule's event is not
clearly the one in the question, or two rules compete, nothing is worked out. The first day does not count (民法140条)
unless the rule says 「含めて」.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

import jpholiday

from bot import dates
from bot.dates import Span, folded
from knowledge.articles import Article, Municipality

_N = r"(?P<n>\d{1,3})(?P<unit>営業日|日|週間|か月|年)"
_WITHIN = re.compile(rf"(?P<event>[^。、()は]{{1,16}}日)(?:など)?(?P<counted>を含めて|の翌日から|から){_N}以内")
_BEFORE = re.compile(rf"(?P<event>[^。、()は]{{0,14}}(?:日|期限))の(?P<about>おおむね)?{_N}前(?P<way>まで|から)")
_LABEL = re.compile(r"(?P<label>[^。、()は]{2,16})は$")
_CONDITION = re.compile(r"([^。、()]{2,14})(?:ときは|場合は|ときに限り)")
_EVENTS = (
    (r"引っ越した日|住み始めた日|転入した日", r"引っ?越|越して|転入|移り住|住み始め|入居し"),
    (r"引っ越す日|出国する日", r"引っ?越|転出し|出国"),
    (r"生まれた日|出生の日|出産した日", r"(?<!誕)(?:生ま|うま|産ま)れ|出産し|産みま"),
    (r"亡くなったことを知った日|亡くなった日", r"亡くな|死亡|死去|息を引き取|他界|(?:父|母|夫|妻|祖父|祖母|親)が(?:死|なくなっ)"),
    (r"収集希望日", r"取りに来|収集|回収|粗大ごみを?出"),
    (r"使い始める日", r"(?:水|水道).*(?:使|開)|開栓|使い始め"),
    (r"使用をやめる日", r"(?:水|水道).*(?:止|やめ|とめ)|閉栓"),
    (r"使う日", r"使い|使う|借り|やりたい"),
    (r"利用(?:したい|する)日", r"使い|使う|利用"),
    (r"撤去した日", r"撤去|持って?い?か|とられ"),
    (r"駆除した日", r"駆除し"),
    (r"修理が終わった日", r"(?:修理|直).*(?:終|し)"),
    (r"取得した日", r"買っ|取得|譲っても|もらっ"),
    (r"購入した日|買った日", r"買っ|購入"),
    (r"廃車・譲渡した日", r"廃車|譲っ|譲渡|手放"),
    (r"会社を辞めた日", r"(?:会社|仕事)を?(?:辞|や)め|退職し"),
    (r"新しい健康保険に入った日", r"(?:会社|新しい|職場).*保険に入|就職し"),
    (r"支払った日|代金を払った日", r"払っ|払い(?:ました|済)|支払"),
    (r"出産の日", r"出産|(?<!誕)(?:生ま|うま|産ま)れ"),
    (r"来てほしい日", r"来て|呼び|よび"),
    (r"接種した日", r"接種し|打っ|うっ"),
    (r"葬儀を行った日|葬祭を行った日|葬儀の日", r"葬儀|葬式|お葬式"),
    (r"有効期限", r"期限|切れ"),
)  # fmt: skip
"""Event of a rule, and how residents tell of it. An event that is not here is never worked out."""
_UNSURE = re.compile(r"かもしれ|もし|たぶん|多分|予定は?(?:なく|ない)|まだ決ま")
_NO_DAY = re.compile(r"^(?:に?ごろ|頃|くらい|ぐらい|あたり|以降|以前|まで|より|分|号|付で?(?:の)?(?:通知|書類))")
"""After a day: it is not the day on which something happens."""

_AGE_RULES = (
    re.compile(r"生後(?P<low_months>\d{1,2})か月から満?(?P<below>\d{1,2})歳未満"),
    re.compile(r"生後(?P<low_months>\d{1,2})か月から小学校入学前まで"),
    re.compile(r"(?P<low>\d{1,3})歳以上(?P<below>\d{1,3})歳未満"),
    re.compile(r"(?P<low>\d{1,3})歳?[〜~](?P<last>\d{1,3})歳"),
    re.compile(r"(?P<low>\d{1,3})歳から(?P<last>\d{1,3})歳"),
    re.compile(r"(?P<low>\d{1,3})歳以上"),
    re.compile(r"(?P<below>\d{1,3})歳未満"),
)
_SOME_AGE = re.compile(r"\d{1,3}歳|生後\d")
_NOT_PLAIN = re.compile(r"または|その年度|になる|最初の3月31日|育て|いる方|一緒に|どなたでも|世帯")
_CHILD = re.compile(r"お子さん|児|子ども")
_CHILD_SAID = re.compile(r"子(?!宮)|息子|娘|孫|赤ちゃん|赤ん坊|生後|小[1-6]|中[1-3]|高[1-3]")


@dataclass(frozen=True)
class Rule:
    """A deadline as it stands in the article: `number` `unit` after (`within`) or before the day of `event`.

    `inclusive`: the day itself counts. `opens`: one may come from that day on. `label`: what the rule is about (「児童手当は」).
    """

    text: str
    event: str
    number: int
    unit: str
    within: bool
    inclusive: bool = False
    opens: bool = False
    about: bool = False
    label: str = ""

    def result(self, day: date, closed: frozenset[str] = frozenset()) -> date:
        """The last day, or for `opens` the first; `closed` are "MM-DD" on which the counters are closed besides holidays."""
        if self.unit == "営業日":
            return _working_days_before(day, self.number, closed)
        if self.within:
            return dates.add(day, self.number, self.unit) - timedelta(days=int(self.inclusive))
        return dates.add(day, -self.number, self.unit)


@dataclass(frozen=True)
class AgeRule:
    """Ages in months: from `low` on and below `below`; None where the rule does not say."""

    text: str
    low: int | None
    below: int | None

    def holds(self, months: int) -> bool:
        return (self.low is None or months >= self.low) and (self.below is None or months < self.below)


@dataclass(frozen=True)
class Due:
    """A rule worked out for the day in the question. `passed`: the last day lies before the day of the question."""

    rule: Rule
    span: Span
    day: date
    passed: bool


def rules(article: Article) -> list[Rule]:
    """The deadlines in the article's own facts."""
    text = folded(article.procedure.deadline)
    found = []
    for match in _WITHIN.finditer(text):
        found.append(
            Rule(
                match[0], match["event"], int(match["n"]), match["unit"], True,
                inclusive=match["counted"] == "を含めて", label=_label(text, match.start()),
            )
        )  # fmt: skip
    for match in _BEFORE.finditer(text):
        found.append(
            Rule(
                match[0], match["event"], int(match["n"]), match["unit"], False,
                opens=match["way"] == "から", about=bool(match["about"]), label=_label(text, match.start()),
            )
        )  # fmt: skip
    return found


def due(said: str, article: Article, asked_on: date, town: Municipality) -> Due | None:
    """The one deadline that the day in the question sets; None where it is not certain."""
    text = folded(said)
    named = dates.days(text, asked_on)
    if len(named) != 1 or _conditions(article, text):
        return None
    span = named[0]
    clause = dates.clause(text, span)
    if _UNSURE.search(clause) or _NO_DAY.match(text[span.end :]) or dates.vague(text, named):
        return None
    fitting = [rule for rule in rules(article) if _told(rule, clause) and _meant(rule, text, article)]
    closed = frozenset(town.closed_days)
    results = {rule.result(span.first, closed) for rule in fitting}
    if len(results) != 1:
        return None
    rule = fitting[0]
    if not rule.within and span.first < asked_on:
        return None  # what had to be done before is over; 「引っ越した」 is no 「引っ越す日」
    passed = not rule.opens and rule.result(span.last, closed) < asked_on
    if not span.exact and not (rule.within and passed):
        return None  # a span of days sets no day; it only may be certain that all of it is over
    return Due(rule, span, results.pop(), passed)


def age_rule(article: Article) -> AgeRule | None:
    """The ages in the article's own facts; None where it has none, several, or sets more than an age on the day."""
    whole = folded(article.procedure.eligibility)
    outer = re.sub(r"\([^)]*\)", "", whole)
    if _NOT_PLAIN.search(outer):
        return None
    for form in _AGE_RULES:
        match = form.search(outer)
        if match:
            if _SOME_AGE.search(outer[: match.start()] + " " + outer[match.end() :]) or _SOME_AGE.search(
                whole.replace(outer, "")
            ):
                return None
            parts = match.groupdict()
            low = int(parts["low_months"]) if parts.get("low_months") else 12 * int(parts["low"]) if parts.get("low") else None
            below = (
                12 * int(parts["below"]) if parts.get("below") else 12 * (int(parts["last"]) + 1) if parts.get("last") else None
            )
            return AgeRule(match[0], low, below)
    return None


def age(said: str, article: Article) -> tuple[AgeRule, int] | None:
    """The rule and the one age in the question, in months; None where it is not certain whom the age is of."""
    text = folded(said)
    found, rule = dates.ages(text), age_rule(article)
    if len(found) != 1 or found[0] < 0 or rule is None:
        return None
    child_rule, child_said = bool(_CHILD.search(article.procedure.eligibility)), bool(_CHILD_SAID.search(text))
    if child_rule and not (child_said or found[0] < 36):
        return None
    if child_said and not child_rule and (rule.low or 0) >= 12 * 20:
        return None
    return rule, found[0]


def _label(text: str, at: int) -> str:
    found = _LABEL.search(text[:at])
    return found["label"] if found else ""


def _told(rule: Rule, clause: str) -> bool:
    return any(re.search(event, rule.event) and re.search(said, clause) for event, said in _EVENTS)


def _meant(rule: Rule, text: str, article: Article) -> bool:
    """Whether a rule that names what it is about names what is asked."""
    return not rule.label or rule.label in text or rule.label in article.title


def _conditions(article: Article, text: str) -> bool:
    """Whether the question speaks of a case for which the deadline has another rule (「国外で亡くなったときは3か月以内」)."""
    cases = _CONDITION.findall(folded(article.procedure.deadline))
    return any(word in text for case in cases for word in re.findall(r"[一-龯々]{2,}|[ァ-ヴー]{2,}", case)) and bool(cases)


def _working_days_before(day: date, number: int, closed: frozenset[str]) -> date:
    left = number
    while left:
        day -= timedelta(days=1)
        left -= _works(day, closed)
    return day


def _works(day: date, closed: frozenset[str]) -> bool:
    return day.weekday() < 5 and not jpholiday.is_holiday(day) and f"{day:%m-%d}" not in closed | _YEAR_END


_YEAR_END = frozenset({"12-29", "12-30", "12-31", "01-01", "01-02", "01-03"})
"""行政機関の休日に関する法律 第1条."""


def result_of(rule_text: str, article: Article, day: date, town: Municipality) -> date | None:
    """What a rule of the article says for a day; None when the article has no such rule."""
    rule = next((r for r in rules(article) if r.text == rule_text), None)
    return rule.result(day, frozenset(town.closed_days)) if rule else None
