// The labels of one language, as served by the desk (bot/texts/widget.yml).
import { languageTag } from "./dom.js";

export class Texts {
  constructor(language, labels, messageMaxLength) {
    this.language = language;
    this.labels = labels;
    this.messageMaxLength = messageMaxLength;
  }

  /** The label `key`, its {slots} filled. During an upgrade labels may be older than the script: no answer fails for that. */
  say(key, slots = {}) {
    const text = this.labels[key] ?? "";
    if (!text) console.error(`madoguchi: no label "${key}" in "${this.language}"`);
    return text.replace(/\{(\w+)\}/g, (whole, name) => (name in slots ? String(slots[name]) : whole));
  }

  has(key) {
    return key in this.labels;
  }

  get tag() {
    return languageTag(this.language);
  }

  /** "2026-10-15" as a date in words; what is no date is returned as it came. */
  date(iso) {
    const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(iso ?? "");
    if (!parts) return iso ?? "";
    const day = new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]));
    return new Intl.DateTimeFormat(this.tag, { dateStyle: "long" }).format(day);
  }

  /** A moment on the municipality's clock, whatever the device is set to. */
  moment(iso) {
    const options = { month: "long", day: "numeric", weekday: "short", hour: "numeric", minute: "2-digit", timeZone: "Asia/Tokyo" };
    return new Intl.DateTimeFormat(this.tag, options).format(new Date(iso));
  }
}
