/* Scoring with the keyboard: a digit chooses a level and goes on to the next question, Ctrl+Enter sends.
   Without this module the same form works with Tab and the arrow keys. */

const form = document.querySelector("[data-rating]");

/** The question the digits are for: the one with the focus, else the first without a choice. */
function current(questions) {
  const focused = questions.find((question) => question.contains(document.activeElement));
  return focused ?? questions.find((question) => !question.querySelector("input:checked")) ?? questions[0];
}

function choose(digit) {
  const questions = [...form.querySelectorAll("fieldset")];
  const question = current(questions);
  const choice = question.querySelectorAll("input[type=radio]")[digit - 1];
  if (!choice) return false;
  choice.checked = true;
  const next = questions[questions.indexOf(question) + 1];
  (next?.querySelector("input:checked") ?? next?.querySelector("input") ?? form.querySelector("button")).focus();
  return true;
}

if (form) {
  const began = Date.now();
  form.querySelector("[data-keys]").hidden = false;
  form.querySelector("fieldset input:checked, fieldset input").focus({ preventScroll: true });
  form.addEventListener("submit", () => {
    form.elements.seconds.value = String(Math.min(9999, Math.round((Date.now() - began) / 1000)));
  });
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || event.metaKey) return;
    if (event.ctrlKey && event.key === "Enter") {
      form.requestSubmit();
      return;
    }
    const typing = document.activeElement?.matches("textarea, input:not([type=radio])");
    if (!event.ctrlKey && !typing && /^[1-4]$/.test(event.key) && choose(Number(event.key))) event.preventDefault();
  });
}
