// One answer of the desk: every topic with its sections, facts, source and contact.
import { button, element } from "../dom.js";
import { icon } from "../icons.js";
import { inline, lines } from "../inline.js";
import { markdown } from "../markdown.js";
import { contactCard, sourceCard } from "./cards.js";
import { emergencyCard } from "./emergency.js";

const KANA = /[\u3041-\u30ff]/;

/** The language of a label taken from a Japanese article, where it is not the language around it. */
function japanese(text, texts) {
  return texts.tag !== "ja" && KANA.test(text) ? "ja" : null;
}

/** Nodes of an answer. `actions`: choose(choice), person(department), leave(). */
export function answerView(answer, texts, actions) {
  const nodes = [masked(answer, texts)];
  if (answer.emergency) nodes.push(emergencyCard(answer.emergency, texts, actions));
  if (answer.status === "emergency") return nodes.filter(Boolean);
  const shown = { contacts: new Set(), sources: new Set(), choices: false };
  const several = answer.topics.length > 1;
  if (answer.topics.length) {
    answer.topics.forEach((topic, index) => nodes.push(topicView(topic, texts, actions, shown, several ? index + 1 : 0)));
  } else {
    nodes.push(ending(answer, texts));
  }
  nodes.push(...answer.notices.map((notice) => element("p", { class: "small notice-line" }, ...lines(notice, texts))));
  nodes.push(...rest(answer, texts, actions, shown));
  return nodes.filter(Boolean);
}

/** What the answer as a whole carries and no topic has shown yet. */
function rest(answer, texts, actions, shown) {
  return [
    shown.choices ? null : choices(answer.choices, texts, actions),
    ...sources(answer.sources, texts, shown),
    contact(answer.contact, texts, shown),
    answer.handoff_offered && answer.outcome !== "answer"
      ? button([icon("person"), texts.say("person")], () => actions.person(answer.contact), { class: "primary person-offer" })
      : null,
  ];
}

function topicView(topic, texts, actions, shown, number) {
  const level = number ? 5 : 4;
  shown.choices ||= topic.choices.length > 0;
  const open = topic.sections.filter((section) => !section.folded);
  const facts = factList(topic.facts, texts, level);
  if (facts && topic.language === texts.language && texts.language !== "ja") facts.lang = "ja"; // facts are the article's own
  const asked = topic.facts.some((fact) => fact.asked);
  // Nothing but what was folded is left to show: then the answer in plain words is the answer.
  const words = open.length || asked ? open.flatMap((section) => sectionView(section, texts, level)) : [ending(topic, texts)];
  return element(
    "div",
    { class: "topic" },
    number ? element("h4", { class: "topic-title" }, texts.say("topic", { number, text: topic.text })) : null,
    ...inItsLanguage(topic, texts, [
      ...(asked ? [facts, ...words] : [...words, facts]),
      ...topic.sections.filter((section) => section.folded).map((section) => foldedView(section, texts, level)),
    ]),
    choices(topic.choices, texts, actions),
    ...sources(topic.sources, texts, shown),
    contact(topic.contact, texts, shown),
  );
}

/** Articles are Japanese whatever language was asked in: a screen reader has to know, and so has the reader. */
function inItsLanguage(topic, texts, nodes) {
  const content = nodes.filter(Boolean);
  if (texts.language === "ja" || topic.language === texts.language || !topic.sections.some((section) => KANA.test(section.body))) return content;
  return [element("p", { class: "small" }, texts.say("japanese_only")), element("div", { class: "topic-words", lang: "ja" }, ...content)];
}

/** Plain words, without the last line where it only repeats the contact card below. */
function ending({ answer, contact: to }, texts) {
  const rows = answer.split("\n");
  const last = rows.at(-1);
  const repeated = rows.length > 1 && to && last.includes(to.department) && last.includes(to.phone ?? "");
  return element("p", {}, ...lines((repeated ? rows.slice(0, -1) : rows).join("\n"), texts));
}

function sectionView(section, texts, level) {
  const heading = section.heading ? [element(`h${level}`, {}, section.heading)] : [];
  return [...heading, ...markdown(section.body, { texts, level })];
}

function foldedView(section, texts, level) {
  return element("details", {}, element("summary", {}, section.heading || texts.say("overview")), element("div", { class: "folded" }, ...markdown(section.body, { texts, level })));
}

/** The fact that was asked for comes first and is marked; the others wait behind it until they are wanted. */
function factList(facts, texts, level) {
  if (!facts.length) return null;
  const asked = facts.filter((fact) => fact.asked);
  const others = facts.filter((fact) => !fact.asked);
  const card = element("div", { class: "fact-card" }, element(`h${level}`, {}, texts.say("facts")), rows(asked.length ? asked : others, texts));
  if (!asked.length || !others.length) return card;
  card.append(element("details", { class: "other-facts" }, element("summary", {}, texts.say("facts_other")), rows(others, texts)));
  return card;
}

function rows(facts, texts) {
  return element("dl", { class: "facts" }, ...facts.map((fact) => row(fact, texts)));
}

function row(fact, texts) {
  const values = fact.values.map((value) => inline(value, texts));
  const body = values.length === 1 ? values[0] : [element("ul", {}, ...values.map((value) => element("li", {}, ...value)))];
  const mark = fact.asked ? element("span", { class: "badge asked" }, texts.say("fact_asked")) : null;
  return element("div", { class: fact.asked ? "asked" : null }, element("dt", {}, fact.label, mark), element("dd", {}, ...body));
}

function choices(list, texts, actions) {
  if (!list.length) return null;
  return element(
    "div",
    { class: "choices", role: "group", "aria-label": texts.say("choices") },
    ...list.map((choice) => button(choice.label, () => actions.choose(choice), { class: "choice", lang: japanese(choice.label, texts) })),
  );
}

function sources(list, texts, shown) {
  return list.filter((source) => !shown.sources.has(source.id) && shown.sources.add(source.id)).map((source) => sourceCard(source, texts));
}

function contact(record, texts, shown) {
  const key = record?.key || record?.department;
  if (!record || shown.contacts.has(key)) return null;
  shown.contacts.add(key);
  return contactCard(record, texts);
}

function masked(answer, texts) {
  if (!answer.masked.length) return null;
  const named = (kind) => (texts.has(`kind_${kind}`) ? texts.say(`kind_${kind}`) : kind);
  const kinds = [...new Set(answer.masked)].map(named).join(texts.say("masked_join"));
  return element("p", { class: "masked" }, icon("shield"), texts.say("masked", { kinds }));
}

