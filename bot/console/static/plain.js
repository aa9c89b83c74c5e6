/* What is hard to read in a field, told beside it while somebody types. Without this module the page 「やさしい日本語」 does the same. */

const PAUSE_MS = 700;

function part(tag, text, attributes = {}) {
  const node = document.createElement(tag);
  node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function item(finding, field) {
  const line = part("p", "");
  // A button, so that the place in the text is one key away.
  const place = part("button", finding.excerpt.slice(0, 60), { type: "button", class: "finding-place", lang: "ja" });
  place.addEventListener("click", () => {
    field.focus();
    field.setSelectionRange(finding.start, finding.end);
  });
  line.append(part("span", finding.mark, { class: finding.required ? "badge late" : "badge" }), " ", part("span", finding.place, { class: "quiet" }), " ", place);
  const node = part("li", "", { class: finding.required ? "required" : "advice" });
  node.append(line, part("p", `${finding.reason} ${finding.suggestion}`));
  return node;
}

function follow(panel) {
  const field = document.getElementById(panel.dataset.plain);
  const counts = panel.querySelector("[data-plain-counts]");
  const list = panel.querySelector("[data-plain-findings]");
  const token = document.querySelector("input[name=csrf_token]")?.value ?? "";
  let timer = 0;
  let newest = 0;
  const look = async () => {
    const asked = (newest += 1);
    const body = new URLSearchParams({ text: field.value, profile: panel.dataset.profile, csrf_token: token });
    try {
      const response = await fetch(panel.dataset.address, { method: "POST", body });
      if (!response.ok) throw new Error(String(response.status));
      const found = await response.json();
      if (asked !== newest) return;
      counts.textContent = found.counts;
      list.replaceChildren(...found.findings.map((finding) => item(finding, field)));
    } catch {
      if (asked === newest) counts.textContent = panel.dataset.failed;
    }
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  });
  if (field.value.trim()) look();
}

for (const panel of document.querySelectorAll("[data-plain]")) follow(panel);
