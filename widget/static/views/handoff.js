// Asking for a person: what happens, an optional message and contact, and afterwards the state at every moment.
import { button, dial, element } from "../dom.js";
import { icon } from "../icons.js";
import { openBadge, pairs } from "./cards.js";

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const PHONE = /^[+0][\d\-() ]{8,19}$/;

/** The form as a view of its own. `send(request)` rejects when it failed; `back()` returns to the conversation. */
export function handoffForm({ texts, contact, send, back }) {
  const title = element("h3", { id: "person-title", tabindex: "-1" }, texts.say("person"));
  const message = element("textarea", { id: "person-message", rows: "3", maxlength: "1000" });
  const fields = contactFields(texts);
  const problem = element("p", { id: "person-problem", class: "error", role: "alert" });
  const submit = element("button", { type: "submit", class: "primary" }, icon("send"), texts.say("person_send"));
  const form = element(
    "form",
    { class: "handoff-form", novalidate: true, "aria-labelledby": "person-title" },
    title,
    element("p", {}, texts.say("person_explained")),
    department(contact, texts),
    labelled("person-message", texts.say("person_message"), message),
    element("p", { class: "hint" }, texts.say("input_hint")),
    fields.node,
    problem,
    element("div", { class: "buttons" }, submit, button([icon("back"), texts.say("back")], back, { class: "secondary" })),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.busy) return;
    const { value, error, field } = fields.read();
    problem.textContent = error ?? "";
    fields.mark(field);
    if (error) return;
    form.dataset.busy = "true";
    submit.lastChild.textContent = texts.say("person_sending");
    try {
      await send({ message: message.value.trim() || null, department: contact?.routed ? null : (contact?.key ?? null), contact: value });
    } catch (failure) {
      problem.textContent = failure.message;
      submit.lastChild.textContent = texts.say("person_send");
    } finally {
      delete form.dataset.busy;
    }
  });
  return { node: form, focus: () => title.focus() };
}

function department(contact, texts) {
  if (!contact) return element("p", {}, texts.say("person_routed"));
  return element(
    "div",
    { class: "contact" },
    element("p", { class: "contact-name" }, element("strong", {}, contact.department), openBadge(contact, texts)),
    pairs([
      contact.hours && [texts.say("hours"), contact.hours],
      contact.phone && [texts.say("phone"), dial(contact.phone, { class: "dial" })],
    ].filter(Boolean)),
    contact.routed ? element("p", { class: "small" }, texts.say("person_routed")) : null,
    contact.open_now === false ? element("p", { class: "small closed-note" }, texts.say("person_closed")) : null,
  );
}

function contactFields(texts) {
  const value = element("input", { id: "person-contact", maxlength: "254", "aria-describedby": "person-problem" });
  const label = element("label", { for: "person-contact" });
  const consent = element("input", { type: "checkbox", id: "person-consent", "aria-describedby": "person-problem" });
  const more = element(
    "div",
    { class: "contact-more", hidden: true },
    element("div", { class: "labelled" }, label, value),
    element("label", { class: "check", for: "person-consent" }, consent, element("span", {}, texts.say("consent"))),
  );
  let kind = "none";
  function choose(next) {
    kind = next;
    more.hidden = kind === "none";
    if (kind === "none") return;
    label.textContent = texts.say(`contact_${kind}_value`);
    value.type = kind === "email" ? "email" : "tel";
    value.autocomplete = kind === "email" ? "email" : "tel";
  }
  const radios = ["none", "email", "phone"].map((name) => {
    const radio = element("input", { type: "radio", name: "person-kind", value: name, checked: name === "none", on: { change: () => choose(name) } });
    return element("label", { class: "check" }, radio, element("span", {}, texts.say(`contact_${name}`)));
  });
  const node = element(
    "fieldset",
    {},
    element("legend", {}, texts.say("person_contact")),
    element("p", { class: "hint" }, texts.say("person_contact_hint")),
    element("div", { class: "radios" }, ...radios),
    more,
  );
  function read() {
    if (kind === "none") return { value: null };
    const written = value.value.normalize("NFKC").replace(/[‐‑‒–—―−ー]/g, "-").trim();
    const valid = (kind === "email" ? EMAIL : PHONE).test(kind === "email" ? value.value.normalize("NFKC").trim() : written);
    if (!valid) return { error: texts.say(`contact_needed_${kind}`), field: value };
    if (!consent.checked) return { error: texts.say("consent_needed"), field: consent };
    return { value: { kind, value: kind === "email" ? value.value.normalize("NFKC").trim() : written, consent: true } };
  }
  function mark(wrong) {
    for (const field of [value, consent]) field.setAttribute("aria-invalid", String(field === wrong));
    wrong?.focus();
  }
  return { node, read, mark };
}

function labelled(id, text, field) {
  return element("div", { class: "labelled" }, element("label", { for: id }, text), field);
}

/** The strip that shows the state of the hand-over as long as there is one; `message` is the desk's, for this moment. */
export function handoffState(handoff, texts, { lost = false, open = true } = {}) {
  const badge = element("strong", { class: `badge state-${handoff.state}` }, texts.say(`state_${handoff.state}`));
  const rows = [
    [texts.say("receipt"), element("strong", {}, handoff.receipt)],
    handoff.department?.department && [texts.say("department"), handoff.department.department],
  ].filter(Boolean);
  return element(
    "details",
    { class: "handoff-state", open, "data-state": handoff.state },
    element("summary", {}, icon("person"), element("span", {}, texts.say("state_label")), badge),
    pairs(rows, { class: "pairs inline" }),
    handoff.message ? element("p", { class: "small" }, handoff.message) : null,
    lost ? element("p", { class: "small error" }, texts.say("reconnecting")) : null,
  );
}
