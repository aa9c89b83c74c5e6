// The emergency card: what to do now, numbers to dial, and a way out for those who are watched.
import { button, dial, element, languageTag } from "../dom.js";
import { icon } from "../icons.js";

export const NEUTRAL_PAGE = "https://www.jma.go.jp/";

export function emergencyCard(card, texts, { leave }) {
  const [first, ...rest] = card.lines;
  return element(
    "section",
    { class: "emergency", lang: languageTag(card.language), "data-kind": card.kind, "aria-label": texts.say("emergency") },
    element("p", { class: "emergency-first" }, icon("alert"), element("strong", {}, first)),
    card.quick_exit ? wayOut(texts, leave) : null,
    element("ul", { class: "numbers" }, ...(card.numbers ?? []).map((entry) => number(entry, texts))),
    ...rest.map((line) => element("p", {}, line)),
    card.keep_history === false ? element("p", { class: "small" }, texts.say("not_kept")) : null,
  );
}

function number(entry, texts) {
  const details = [entry.name, entry.hours, entry.note].filter(Boolean).map((text, index) => element("span", { class: index ? "number-hours" : "number-name" }, text));
  const label = [entry.name, texts.say("call", { number: entry.number }), entry.hours].filter(Boolean).join(" ");
  const shown = element("span", {}, element("span", { class: "number-digits" }, entry.number), ...details);
  return element("li", {}, dial(entry.number, { class: "number", "aria-label": label }, [icon("phone"), shown]));
}

function wayOut(texts, leave) {
  return element(
    "div",
    { class: "way-out" },
    button([icon("exit"), texts.say("quick_exit")], leave, { class: "exit" }),
    element("p", { class: "small" }, texts.say("quick_exit_note")),
  );
}
