// 解決した / 解決しなかった. What did not help leads to a person, never to a dead end.
import { button, element } from "../dom.js";
import { icon } from "../icons.js";

let number = 0;

/** `send(resolved, comment)` stores it and rejects when that failed; `person()` opens the hand-over. */
export function feedback({ texts, given = null, send, person }) {
  const body = element("div", { class: "feedback" });
  const show = (...nodes) => body.replaceChildren(...nodes);
  const thanks = () => show(said(texts.say("feedback_thanks")));
  const sorry = () => show(said(texts.say("feedback_sorry")), ...unsolved({ texts, send, person }));

  async function press(resolved, pressed) {
    if (body.dataset.busy) return;
    body.dataset.busy = "true";
    try {
      await send(resolved, null);
      if (resolved) thanks();
      else sorry();
      // The pressed button is gone; the keyboard goes on from what took its place.
      body.querySelector("p").focus();
    } catch {
      pressed.focus();
    } finally {
      delete body.dataset.busy;
    }
  }

  if (given === true) thanks();
  else if (given === false) sorry();
  else {
    const question = element("p", { class: "feedback-question" }, texts.say("feedback"));
    const yes = button([icon("check"), texts.say("resolved")], () => press(true, yes), { class: "secondary", "data-feedback": "yes" });
    const no = button(texts.say("unresolved"), () => press(false, no), { class: "secondary", "data-feedback": "no" });
    show(question, element("div", { class: "buttons" }, yes, no));
  }
  return body;
}

function said(text) {
  return element("p", { tabindex: "-1" }, text);
}

function unsolved({ texts, send, person }) {
  const id = `madoguchi-comment-${(number += 1)}`;
  const area = element("textarea", { id, rows: "3", maxlength: "1000" });
  const form = element("div", { class: "comment" }, element("label", { for: id }, texts.say("comment_label")), area);
  const details = element("details", {}, element("summary", {}, texts.say("comment_open")), form);
  async function sendComment() {
    const comment = area.value.trim();
    if (!comment || details.dataset.busy) return;
    details.dataset.busy = "true";
    try {
      await send(false, comment);
      const done = said(texts.say("comment_sent"));
      details.replaceWith(done);
      done.focus();
    } catch {
      area.focus(); // the failure is told by the caller; the text stays in the field
    } finally {
      delete details.dataset.busy;
    }
  }
  form.append(button(texts.say("comment_send"), sendComment, { class: "secondary" }));
  return [button([icon("person"), texts.say("person")], person, { class: "primary" }), details];
}
