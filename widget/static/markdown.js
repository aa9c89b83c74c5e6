// A small Markdown renderer that makes nodes, never markup: headings, paragraphs, lists, tables, quotes, rules.
import { element } from "./dom.js";
import { inline } from "./inline.js";

const HEADING = /^(#{1,6})\s+(.+?)\s*#*$/;
const ITEM = /^(\s*)([-*+]|\d{1,3}[.)])\s+(.*)$/;
const RULE = /^\s*([-*_])(\s*\1){2,}\s*$/;
const QUOTE = /^\s*>\s?/;
const TABLE_DIVIDER = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

/** Nodes for a Markdown text. `level` is the heading level that "#" gets; it never goes beyond h6. */
export function markdown(source, { texts, level = 4 }) {
  const rows = String(source ?? "").replaceAll("\r\n", "\n").split("\n");
  const nodes = [];
  let at = 0;
  while (at < rows.length) {
    const [node, next] = block(rows, at, { texts, level });
    if (node) nodes.push(node);
    at = next;
  }
  return nodes;
}

function block(rows, at, context) {
  const row = rows[at];
  if (!row.trim()) return [null, at + 1];
  const heading = HEADING.exec(row);
  if (heading) return [titled(heading, context), at + 1];
  if (RULE.test(row)) return [element("hr"), at + 1];
  if (ITEM.test(row)) return list(rows, at, context);
  if (QUOTE.test(row)) return quote(rows, at, context);
  if (isTable(rows, at)) return table(rows, at, context);
  return paragraph(rows, at, context);
}

function titled([, marks, text], { texts, level }) {
  return element(`h${Math.min(6, level + marks.length - 1)}`, {}, ...inline(text, texts));
}

function paragraph(rows, at, context) {
  const { texts } = context;
  const nodes = [];
  let next = at;
  while (next < rows.length && rows[next].trim() && (next === at || !startsBlock(rows, next))) {
    if (next > at) nodes.push(element("br"));
    nodes.push(...inline(rows[next].trim(), texts));
    next += 1;
  }
  return [element("p", {}, ...nodes), next];
}

function startsBlock(rows, at) {
  return HEADING.test(rows[at]) || RULE.test(rows[at]) || ITEM.test(rows[at]) || QUOTE.test(rows[at]) || isTable(rows, at);
}

function quote(rows, at, context) {
  let next = at;
  while (next < rows.length && QUOTE.test(rows[next])) next += 1;
  const inner = rows.slice(at, next).map((row) => row.replace(QUOTE, "")).join("\n");
  return [element("blockquote", {}, ...markdown(inner, context)), next];
}

function list(rows, at, context) {
  const [, indent, mark] = ITEM.exec(rows[at]);
  const ordered = /\d/.test(mark);
  const node = element(ordered ? "ol" : "ul", ordered && parseInt(mark, 10) !== 1 ? { start: parseInt(mark, 10) } : {});
  let next = at;
  while (next < rows.length) {
    const item = ITEM.exec(rows[next]);
    if (!item || item[1].length !== indent.length || /\d/.test(item[2]) !== ordered) break;
    const [children, after] = nested(rows, next + 1, indent.length, context);
    node.append(element("li", {}, ...inline(item[3], context.texts), ...children));
    next = after;
  }
  return [node, next];
}

/** What belongs to a list item: the deeper rows that follow it. A blank row before another item does not end the list. */
function nested(rows, from, indent, context) {
  const inner = [];
  let next = from;
  while (next < rows.length) {
    const blank = !rows[next].trim();
    const depth = rows[next].length - rows[next].trimStart().length;
    if (!blank && depth <= indent) break;
    if (blank && !continues(rows, next, indent)) break;
    inner.push(rows[next]);
    next += 1;
  }
  const base = Math.min(...inner.filter((row) => row.trim()).map((row) => row.length - row.trimStart().length), Infinity);
  const source = inner.map((row) => row.slice(Number.isFinite(base) ? base : 0)).join("\n");
  return [source.trim() ? markdown(source, context) : [], next];
}

function continues(rows, at, indent) {
  const following = rows.slice(at).find((row) => row.trim());
  if (following === undefined) return false;
  const item = ITEM.exec(following);
  return item ? item[1].length >= indent : following.length - following.trimStart().length > indent;
}

function isTable(rows, at) {
  return rows[at].includes("|") && at + 1 < rows.length && rows[at + 1].includes("-") && rows[at + 1].includes("|") && TABLE_DIVIDER.test(rows[at + 1]);
}

function cells(row) {
  return row.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "").split(/(?<!\\)\|/).map((cell) => cell.trim());
}

function table(rows, at, { texts }) {
  const heads = cells(rows[at]);
  const head = element("tr", {}, ...heads.map((cell) => element("th", { scope: "col" }, ...inline(cell, texts))));
  const body = element("tbody");
  let next = at + 2;
  while (next < rows.length && rows[next].includes("|")) {
    body.append(element("tr", {}, ...cells(rows[next]).map((cell) => element("td", {}, ...inline(cell, texts)))));
    next += 1;
  }
  const node = element("table", {}, element("thead", {}, head), body);
  // Wide tables scroll by themselves, by keyboard too, and the page does not.
  return [element("div", { class: "table", tabindex: "0", role: "group", "aria-label": heads.filter(Boolean).join("・") || "table" }, node), next];
}
