// The log of the conversation. It only grows; what it shows is never rewritten behind the reader.
import { button, element, languageTag } from "../dom.js";
import { icon } from "../icons.js";
import { lines } from "../inline.js";
import { answerView } from "./answer.js";
import { sourceCard } from "./cards.js";
import { feedback } from "./feedback.js";
import { ratingForm } from "./rating.js";

const MARGIN_PX = 12;
const AT_END_PX = 80;

export class Log {
  constructor() {
    this.node = element("div", { class: "log", role: "log", "aria-live": "off", tabindex: "0" });
    this.number = 0;
  }

  relabel(texts) {
    this.texts = texts;
    this.node.setAttribute("aria-label", texts.say("log"));
  }

  clear() {
    this.node.replaceChildren();
  }

  greeting({ greeting, notices, suggestions, language }, actions) {
    const body = [element("p", {}, ...lines(greeting, this.texts)), ...(notices ?? []).map((notice) => element("p", { class: "small" }, ...lines(notice, this.texts)))];
    if (suggestions?.length) {
      body.push(
        element("p", { class: "suggest-title" }, this.texts.say("suggestions")),
        element("div", { class: "choices" }, ...suggestions.map((choice) => button(choice.label, () => actions.choose(choice), { class: "choice" }))),
      );
    }
    return this.#message("desk", this.texts.say("desk"), language, body);
  }

  /** `id` is that of the stored message, where it is known already. */
  question(text, id = null) {
    const node = this.#message("resident", this.texts.say("you"), null, [element("p", {}, ...lines(text, this.texts))]);
    if (id) this.stored(node, id);
    return node;
  }

  /** A question is kept by the desk under this id. */
  stored(node, id) {
    node.dataset.message = String(id);
  }

  rewrite(node, text) {
    node.querySelector(".body").replaceChildren(element("p", {}, ...lines(text, this.texts)));
  }

  /** Mark a question as not sent, with a way to send it; `again` null takes the mark away. */
  unsent(node, again) {
    node.querySelector(".unsent")?.remove();
    node.classList.toggle("is-unsent", Boolean(again));
    if (again) {
      node.append(element("p", { class: "unsent" }, icon("alert"), element("strong", {}, this.texts.say("unsent")), button(this.texts.say("resend"), again, { class: "secondary" })));
    }
  }

  /** `message` is the id for feedback, or null; `given` what the resident said about it before. */
  answer(answer, { message, given, actions }) {
    const nodes = answerView(answer, this.texts, actions);
    if (message && answer.outcome === "answer") {
      nodes.push(feedback({ texts: this.texts, given, send: actions.feedback, person: () => actions.person(answer.contact) }));
    }
    return this.#message("desk", this.texts.say("desk"), answer.language, nodes, answer.status);
  }

  staff(message) {
    const name = message.name ? `${this.texts.say("staff")}（${message.name}）` : this.texts.say("staff");
    return this.#message("staff", name, null, [
      element("p", {}, ...lines(message.text, this.texts)),
      ...(message.sources ?? []).map((source) => sourceCard(source, this.texts)),
    ]);
  }

  /** After a person has finished; `send` stores the rating. */
  rating(send) {
    return this.#message("desk", this.texts.say("notice"), null, [ratingForm({ texts: this.texts, send })]);
  }

  /** A member of staff is typing, or no longer. The announcement is the caller's. */
  staffTyping(typing) {
    this.staffNode?.remove();
    this.staffNode = null;
    if (!typing) return;
    const dots = element("span", { class: "dots", "aria-hidden": "true" }, element("i"), element("i"), element("i"));
    this.staffNode = element("p", { class: "typing staff-typing" }, dots, element("span", {}, this.texts.say("staff_typing")));
    const scroller = this.#scroller();
    const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < AT_END_PX;
    this.node.append(this.staffNode);
    if (atEnd) this.toEnd();
  }

  /** Mark the last of the resident's messages that staff have read; whether the mark has moved. */
  readUpTo(id) {
    const read = [...this.node.querySelectorAll(".message.resident[data-message]")].filter((node) => Number(node.dataset.message) <= id).at(-1);
    const mark = this.node.querySelector(".read-mark");
    if (!read || read.contains(mark)) return false;
    mark?.remove();
    read.append(element("p", { class: "read-mark" }, icon("check"), this.texts.say("read_mark")));
    return true;
  }

  /** A line between messages: a notice of the desk, or where the language changed. */
  divider(text, language) {
    const node = element("p", { class: "divider", lang: languageTag(language ?? this.texts.language) }, ...lines(text, this.texts));
    this.node.append(node);
    return node;
  }

  typing() {
    this.typingNode?.remove();
    const dots = element("span", { class: "dots", "aria-hidden": "true" }, element("i"), element("i"), element("i"));
    this.typingText = element("span", {}, this.texts.say("typing"));
    this.typingNode = element("p", { class: "typing" }, dots, this.typingText);
    this.node.append(this.typingNode);
  }

  slow() {
    if (this.typingNode) this.typingText.textContent = this.texts.say("typing_slow");
  }

  settled() {
    this.typingNode?.remove();
    this.typingNode = null;
  }

  /** Bring a message to the top of the log, so that a long answer is read from its beginning. */
  show(node) {
    const scroller = this.#scroller();
    const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
    const top = scroller.scrollTop + node.getBoundingClientRect().top - scroller.getBoundingClientRect().top - MARGIN_PX;
    scroller.scrollTo({ top, behavior });
  }

  toEnd() {
    const scroller = this.#scroller();
    scroller.scrollTop = scroller.scrollHeight;
  }

  /** The log itself; at high zoom the whole panel scrolls instead. */
  #scroller() {
    return getComputedStyle(this.node).overflowY === "visible" ? this.node.closest("dialog") ?? this.node : this.node;
  }

  #message(kind, name, language, body, status = null) {
    const id = `message-${(this.number += 1)}`;
    const attributes = { class: `message ${kind}`, lang: languageTag(language ?? this.texts.language), "aria-labelledby": id, "data-status": status };
    const node = element("article", attributes, element("h3", { id, class: "who", lang: this.texts.tag }, name), element("div", { class: "body" }, ...body));
    this.node.append(node);
    if (this.staffNode) this.node.append(this.staffNode); // whoever is typing stays last
    return node;
  }
}
