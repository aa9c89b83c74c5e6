// The head of the panel: whose desk this is, that it answers automatically, language, text size, delete, close.
import { button, element } from "../dom.js";
import { icon } from "../icons.js";

/** Languages with an approved set of labels; each is named in itself. */
export const LANGUAGES = [
  { code: "ja", tag: "ja", name: "日本語" },
  { code: "yasashii", tag: "ja", name: "やさしい日本語" },
  { code: "en", tag: "en", name: "English" },
];
const SIZES = ["text_size_standard", "text_size_large", "text_size_largest"];

export function header({ texts, town, size, readings = false, actions }) {
  const title = element("h2", { id: "title", tabindex: "-1" }, town ? texts.say("title", { name: town }) : texts.say("title_unnamed"));
  const top = element(
    "div",
    { class: "header-top" },
    element("div", { class: "header-name" }, title, element("p", { class: "automatic" }, texts.say("automatic"))),
    button([icon("close"), texts.say("close")], actions.close, { class: "bar close" }),
  );
  const tools = element(
    "div",
    { class: "tools" },
    element("div", { class: "languages", role: "group", "aria-label": texts.say("language") }, ...LANGUAGES.map((language) => choice(language, texts, actions))),
    element("div", { class: "tool-buttons" }, texts.language === "yasashii" ? readingsButton(texts, readings, actions) : null, sizeButton(texts, size, actions), button([icon("trash"), element("span", {}, texts.say("clear"))], actions.clear, { class: "bar", "data-tool": "clear" })),
  );
  return element("div", { class: "head" }, top, tools);
}

function choice({ code, tag, name }, texts, actions) {
  const attributes = { lang: tag, "data-language": code, "aria-pressed": String(code === texts.language) };
  return button(name, () => actions.language(code), attributes);
}

function readingsButton(texts, readings, actions) {
  const attributes = { class: "bar", "data-tool": "readings", "aria-pressed": String(readings) };
  return button(texts.say("readings"), () => actions.readings(!readings), attributes);
}

function sizeButton(texts, size, actions) {
  const now = texts.say(SIZES[size]);
  const attributes = { class: "bar", "data-tool": "size", "aria-label": `${texts.say("text_size_short")} ${now}（${texts.say("text_size")}）` };
  return button([icon("size"), element("span", {}, `${texts.say("text_size_short")} ${now}`)], () => actions.size((size + 1) % SIZES.length), attributes);
}
