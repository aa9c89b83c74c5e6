// Where the resident writes. Enter sends, Shift+Enter makes a new line, Enter that ends an IME conversion does neither.
import { button, element } from "../dom.js";
import { icon } from "../icons.js";

const COUNT_FROM = 100; // characters left at which the counter appears

/** True for the Enter key that confirms an IME conversion; Safari reports it as key code 229 after the conversion ended. */
export function composing(event) {
  return event.isComposing || event.keyCode === 229;
}

export class Composer {
  /** `send(text)` returns whether it took the text; `typed(text)` hears every change; `person()` opens the hand-over. */
  constructor({ send, person, typed }) {
    this.send = send;
    this.person = person;
    this.area = element("textarea", { id: "question", rows: "2", enterkeyhint: "send", "aria-describedby": "question-hint question-count" });
    this.area.addEventListener("keydown", (event) => this.#key(event));
    this.area.addEventListener("input", () => { this.#count(); typed(this.text); });
    this.counter = element("p", { id: "question-count", class: "count" });
    this.node = element("form", { class: "composer", on: { submit: (event) => this.#submit(event) } });
  }

  /** Show the labels of a language; the text being written stays. While a person is waited for none is offered. */
  relabel(texts, { waiting = false, withPerson = false } = {}) {
    this.texts = texts;
    const label = element("label", { for: "question" }, texts.say(withPerson ? "input_to_staff" : "input"));
    const ask = button([icon("person"), texts.say("person")], this.person, { class: "ask-person", "data-tool": "person" });
    const send = element("button", { type: "submit", class: "primary send" }, icon("send"), texts.say("send"));
    this.node.replaceChildren(
      element("div", { class: "composer-head" }, label, waiting ? "" : ask),
      element("div", { class: "field" }, this.area, send),
      element("p", { id: "question-hint", class: "hint" }, texts.say("input_hint")),
      this.counter,
    );
    this.#count();
  }

  get text() {
    return this.area.value;
  }

  set text(text) {
    this.area.value = text;
    if (this.texts) this.#count();
  }

  focus() {
    this.area.focus();
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || composing(event)) return;
    event.preventDefault();
    this.node.requestSubmit();
  }

  #submit(event) {
    event.preventDefault();
    const text = this.area.value.trim();
    if (!text || this.#left() < 0) {
      this.focus();
      return;
    }
    if (this.send(text)) this.text = "";
  }

  // Characters, not UTF-16 units: 𠮷 counts once, here as at the desk.
  #left() {
    return this.texts.messageMaxLength - [...this.area.value.trim()].length;
  }

  #count() {
    const left = this.#left();
    const limit = this.texts.messageMaxLength;
    const over = left < 0;
    this.counter.textContent = over
      ? this.texts.say("too_long", { count: -left, limit })
      : left <= COUNT_FROM ? this.texts.say("remaining", { count: left }) : "";
    this.counter.classList.toggle("over", over);
    this.area.setAttribute("aria-invalid", String(over));
    // Spoken when it turns into an obstacle, not at every key.
    this.counter.setAttribute("aria-live", over ? "polite" : "off");
  }
}
