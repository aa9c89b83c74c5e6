// The demo page: its search field and menu ask the widget. Without this script the same forms are sent to /ask.
for (const form of document.querySelectorAll("form[data-asks]")) {
  form.addEventListener("submit", (event) => {
    const chat = document.querySelector("madoguchi-chat");
    const field = form.querySelector("input[name=text]");
    const text = event.submitter?.name === "text" ? event.submitter.value : field?.value.trim();
    if (!chat?.ask) return;
    event.preventDefault();
    if (text) chat.ask(text);
    else chat.open();
    if (field) field.value = "";
  });
}

// The banners stand at the top of this page, so the widget need not show them above its launcher too.
const region = document.querySelector("[data-notices]");

function part(tag, text, attributes = {}) {
  const node = Object.assign(document.createElement(tag), { textContent: text });
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function notice({ level, title, text, link, ends, language }) {
  const line = part("p", "", { class: "wide" });
  if (title) line.append(part("strong", title));
  line.append(part("span", text));
  if (link && /^https?:\/\//i.test(link)) line.append(part("a", region.dataset.link, { href: link, rel: "noopener noreferrer" }));
  if (ends) line.append(part("small", ends));
  const section = part("section", "", { class: `notice level-${level}`, lang: language === "yasashii" ? "ja" : language });
  section.append(line);
  return section;
}

document.addEventListener("madoguchi-notices", (event) => {
  if (!region) return;
  event.preventDefault();
  const { banners, switched_off: off } = event.detail;
  const line = off ? [notice({ level: "info", text: off, language: document.documentElement.lang })] : [];
  region.replaceChildren(...banners.map(notice), ...line);
  region.hidden = !region.hasChildNodes();
});
