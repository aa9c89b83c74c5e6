// Builds nodes. Text only ever becomes text nodes: nothing a server or a resident wrote is parsed as markup.

/** An element with attributes and children; `on: {click}` adds listeners; false, null and undefined are left out. */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
    } else {
      node.setAttribute(name, value === true ? "" : String(value));
    }
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A button that never submits a form by accident. */
export function button(label, onClick, attributes = {}) {
  return element("button", { type: "button", ...attributes, on: { click: onClick } }, ...[label].flat());
}

/** Text for screen readers only. */
export function hidden(text) {
  return element("span", { class: "visually-hidden" }, text);
}

const SAFE_PROTOCOLS = new Set(["http:", "https:", "tel:", "mailto:"]);

/** The address when it may be linked (http, https, tel, mailto or relative), else null. */
export function safeAddress(address) {
  const text = String(address ?? "").trim();
  if (!text) return null;
  try {
    return SAFE_PROTOCOLS.has(new URL(text, document.baseURI).protocol) ? text : null;
  } catch {
    return null;
  }
}

/** A link, or plain text when the address is not safe. Pages open in a new tab so that the chat stays. */
export function link(address, label, texts, attributes = {}) {
  const safe = safeAddress(address);
  if (!safe) return element("span", {}, label);
  if (/^(tel|mailto):/i.test(safe)) return element("a", { href: safe, ...attributes }, label);
  const outside = { href: safe, target: "_blank", rel: "noopener noreferrer", ...attributes };
  return element("a", outside, label, hidden(`（${texts.say("new_tab")}）`));
}

/** A link that dials; the number is shown as it is written. */
export function dial(number, attributes = {}, label = number) {
  const digits = String(number).normalize("NFKC").replace(/[^\d+#*]/g, "");
  // "#8008" must be escaped: a bare # would start a fragment.
  return element("a", { href: `tel:${digits.replaceAll("#", "%23")}`, ...attributes }, ...[label].flat());
}

/** BCP 47 tag of a desk language: やさしい日本語 is Japanese to a screen reader. */
export function languageTag(language) {
  return language === "yasashii" ? "ja" : language;
}
