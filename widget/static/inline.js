// Inline Markdown: bold, emphasis, code, links, bare addresses, line breaks. Everything else stays the text it is.
import { element, link } from "./dom.js";

const INLINE = new RegExp(
  [
    String.raw`\\([\\${"`"}*_[\]()#|>~-])`, // 1 an escaped sign
    "`([^`]+)`", // 2 code
    String.raw`\*\*(.+?)\*\*`, // 3 bold
    String.raw`\*([^*\s][^*]*?)\*`, // 4 emphasis
    String.raw`\[([^\]]+)\]\(([^()\s]+(?:\([^()\s]*\)[^()\s]*)?)\)`, // 5 label, 6 address
    String.raw`(https?:\/\/[^\s<>「」『』（）、。，)]+)`, // 7 a bare address
    String.raw`(<br\s*\/?>)`, // 8 a break inside a table cell
  ].join("|"),
  "g",
);

/** Nodes for one run of text. */
export function inline(text, texts) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > end) nodes.push(text.slice(end, match.index));
    nodes.push(span(match, texts));
    end = match.index + match[0].length;
  }
  if (end < text.length) nodes.push(text.slice(end));
  return nodes;
}

function span(match, texts) {
  const [whole, escaped, code, bold, emphasis, label, address, bare] = match;
  if (escaped) return escaped;
  if (code) return element("code", {}, code);
  if (bold) return element("strong", {}, ...inline(bold, texts));
  if (emphasis) return element("em", {}, ...inline(emphasis, texts));
  if (label) return link(address, label, texts);
  if (bare) return link(bare, bare, texts);
  return whole ? element("br") : "";
}

/** Plain text with its line breaks; only bare addresses become links. */
export function lines(text, texts) {
  return text.split("\n").flatMap((line, number) => {
    const nodes = line.split(/(https?:\/\/[^\s<>「」『』（）、。，)]+)/).map((part, index) => (index % 2 ? link(part, part, texts) : part));
    return number ? [element("br"), ...nodes] : nodes;
  });
}
