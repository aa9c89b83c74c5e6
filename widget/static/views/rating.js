// After a person has finished: how content the resident is, 1 to 5, with an optional word.
import { button, element } from "../dom.js";

const STEPS = [5, 4, 3, 2, 1];
let number = 0;

/** `send(rating, comment)` stores it and rejects when that failed. */
export function ratingForm({ texts, send }) {
  const id = `madoguchi-rating-${(number += 1)}`;
  const problem = element("p", { class: "error", role: "alert" });
  const comment = element("textarea", { id: `${id}-comment`, rows: "2", maxlength: "1000" });
  const steps = STEPS.map((step) =>
    element("label", { class: "check" }, element("input", { type: "radio", name: id, value: String(step) }), element("span", {}, texts.say(`rating_${step}`))),
  );
  const body = element("div", { class: "rating" });
  const submit = button(texts.say("rating_send"), press, { class: "secondary", "data-rating": "send" });
  body.append(
    element("fieldset", {}, element("legend", {}, texts.say("rating_question")), element("div", { class: "radios" }, ...steps)),
    element("label", { for: `${id}-comment` }, texts.say("rating_comment")),
    comment,
    problem,
    submit,
  );

  async function press() {
    const chosen = body.querySelector("input:checked");
    problem.textContent = chosen ? "" : texts.say("rating_needed");
    if (!chosen) {
      body.querySelector("input").focus();
      return;
    }
    if (body.dataset.busy) return;
    body.dataset.busy = "true";
    try {
      await send(Number(chosen.value), comment.value.trim() || null);
      const thanks = element("p", { tabindex: "-1" }, texts.say("rating_thanks"));
      body.replaceChildren(thanks);
      thanks.focus();
    } catch (failure) {
      problem.textContent = failure.message;
    } finally {
      delete body.dataset.busy;
    }
  }
  return body;
}
