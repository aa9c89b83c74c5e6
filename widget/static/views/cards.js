// Where an answer comes from and whom to ask: the source card and the contact card.
import { dial, element, link } from "../dom.js";
import { icon } from "../icons.js";

export function sourceCard(source, texts) {
  const details = [
    source.department && [texts.say("department"), source.department],
    source.last_checked && [texts.say("last_checked"), element("time", { datetime: source.last_checked }, texts.date(source.last_checked))],
  ].filter(Boolean);
  return element(
    "div",
    { class: "source" },
    element("p", { class: "card-title" }, icon("document"), texts.say("source")),
    element("p", { class: "source-title" }, link(source.url, source.title, texts)),
    pairs(details),
  );
}

export function contactCard(contact, texts) {
  const rows = [
    contact.phone && [texts.say("phone"), dial(contact.phone, { class: "dial" }, contact.phone)],
    contact.location && [texts.say("location"), contact.location],
    contact.hours && [texts.say("hours"), contact.hours],
  ].filter(Boolean);
  return element(
    "div",
    { class: "contact" },
    element("p", { class: "card-title" }, icon("phone"), texts.say("contact")),
    element("p", { class: "contact-name" }, element("strong", {}, contact.department), openBadge(contact, texts)),
    pairs(rows),
  );
}

/** Whether the counter is open at this moment; nothing when that is not known. */
export function openBadge(contact, texts) {
  if (typeof contact.open_now !== "boolean") return null;
  return element("span", { class: contact.open_now ? "badge open" : "badge" }, texts.say(contact.open_now ? "open_now" : "closed_now"));
}

/** Term and description pairs, one row each. */
export function pairs(rows, attributes = { class: "pairs" }) {
  if (!rows.length) return null;
  return element("dl", attributes, ...rows.map(([term, value]) => element("div", {}, element("dt", {}, term), element("dd", {}, value))));
}
