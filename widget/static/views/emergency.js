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
    element("ul", { class: "numbers" }, ...(card.numbers ?? []).map((entry) => number(entry, texts))),
    ...rest.map((line) => element("p", {}, line)),
    card.keep_history === false ? element("p", { class: "small" }, texts.say("not_kept")) : null,
    card.quick_exit ? wayOut(texts, leave) : null,
  );
}

function number(entry, texts) {
  const details = [entry.hours, entry.note].filter(Boolean).join("　");
  return element(
    "li",
    {},
    dial(entry.number, { class: "number", "aria-label": `${entry.name ?? ""} ${texts.say("call", { number: entry.number })}`.trim() }, [
      icon("phone"),
      element("span", {}, element("span", { class: "number-digits" }, entry.number), entry.name ? element("span", { class: "number-name" }, entry.name) : null),
    ]),
    details ? element("p", { class: "small" }, details) : null,
  );
}

function wayOut(texts, leave) {
  return element(
    "div",
    { class: "way-out" },
    button([icon("exit"), texts.say("quick_exit")], leave, { class: "exit" }),
    element("p", { class: "small" }, texts.say("quick_exit_note")),
  );
}
