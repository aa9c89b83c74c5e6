/* Keeps a staff page up to date: fetches the page again and replaces the regions whose data-key has changed.
   Typed text, the focus and opened parts stay. Without this module every page works the same, only by reloading. */

const HEADER = "X-Madoguchi-Refresh";

/** Drafts typed into a region that is about to be replaced. */
function draftOf(region) {
  return region.querySelector("[data-draft]")?.value ?? "";
}

function keepDraft(region, draft) {
  const box = region.querySelector("[data-draft]");
  if (box) {
    box.value = draft;
    return;
  }
  const template = document.querySelector("template[data-unsent]");
  if (!template || region.querySelector("#unsent")) return;
  region.append(template.content.cloneNode(true));
  region.querySelector("#unsent").value = draft;
}

/** How to find the focused element again in the new region. */
function focusedIn(region) {
  const focused = document.activeElement;
  if (!focused || !region.contains(focused)) return null;
  if (focused.id) return `#${CSS.escape(focused.id)}`;
  const href = focused.getAttribute("href");
  return href ? `a[href="${CSS.escape(href)}"]` : null;
}

function replace(region, fresh) {
  const draft = draftOf(region) || (region.querySelector("#unsent")?.value ?? "");
  const focused = focusedIn(region);
  region.replaceChildren(...fresh.childNodes);
  region.dataset.key = fresh.dataset.key;
  if (draft) keepDraft(region, draft);
  if (focused) region.querySelector(focused)?.focus({ preventScroll: true });
}

/** Takes over what has changed; returns whether anything did. */
export function update(page, fresh) {
  let changed = false;
  for (const region of page.querySelectorAll("[data-region]")) {
    const other = fresh.querySelector(`[data-region="${region.dataset.region}"]`);
    if (!other || other.dataset.key === region.dataset.key) continue;
    replace(region, other);
    changed = true;
  }
  page.title = fresh.title;
  announce(page, fresh);
  return changed;
}

/** Says it once when more residents wait than before, or wait too long. */
function announce(page, fresh) {
  const fresher = fresh.querySelectorAll("[data-announce]");
  page.querySelectorAll("[data-announce]").forEach((here, index) => {
    const there = fresher[index];
    if (!there) return;
    if (Number(there.dataset.announce) > Number(here.dataset.announce)) here.textContent = there.textContent;
    here.dataset.announce = there.dataset.announce;
  });
}

function show(problem, text) {
  if (problem.textContent !== text) problem.textContent = text;
  problem.hidden = !text;
}

async function refresh(address, texts, problem) {
  try {
    const response = await fetch(address, { headers: { [HEADER]: "1" }, cache: "no-store" });
    if (new URL(response.url).pathname !== new URL(address, location.href).pathname) {
      show(problem, texts.loggedOut);
      return;
    }
    if (!response.ok) throw new Error(String(response.status));
    update(document, new DOMParser().parseFromString(await response.text(), "text/html"));
    show(problem, "");
  } catch {
    show(problem, texts.failed);
  }
}

function keepFresh() {
  const { refresh: seconds, failed, loggedOut, page } = document.body.dataset;
  if (!seconds) return;
  const address = page ?? location.pathname;
  const problem = document.querySelector("[data-refresh-problem]");
  const again = async () => {
    await refresh(address, { failed, loggedOut }, problem);
    setTimeout(again, seconds * 1000);
  };
  setTimeout(again, seconds * 1000);
}

/** After a log-in or an action the address becomes that of the page, so that reloading repeats nothing. */
function tidyAddress() {
  const { page } = document.body.dataset;
  if (page && location.pathname !== page) history.replaceState(null, "", page);
  else if (new URLSearchParams(location.search).has("done")) history.replaceState(null, "", location.pathname);
}

function submitOnChange() {
  for (const form of document.querySelectorAll("form[data-submit-on-change]")) {
    form.querySelector("button").hidden = true;
    form.querySelector("select").addEventListener("change", () => form.requestSubmit());
  }
}

function showNewestWords() {
  const log = document.querySelector("[data-region='messages']");
  const newest = log?.lastElementChild;
  if (newest && document.querySelector("[data-done]")) newest.scrollIntoView({ block: "center" });
}

tidyAddress();
submitOnChange();
showNewestWords();
keepFresh();
