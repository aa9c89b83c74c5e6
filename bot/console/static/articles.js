/* The form of an article: keeps what is typed a few seconds later, and shows it as residents will see it.
   Without this module both happen by button. */

const SAVE_AFTER = 3000;
const PREVIEW_AFTER = 400;
const RETRY_AFTER = 10000;
const HEADER = "X-Madoguchi-Refresh";

const form = document.querySelector("form#article");
const saved = form?.querySelector("[data-saved]");

function say(text, problem = false) {
  saved.textContent = text;
  saved.classList.toggle("problem-line", problem);
}

/** Keeps the newest state; while one is on its way the next waits, so that versions follow each other. */
class Keeper {
  #timer = 0;
  #busy = false;
  #again = false;
  #stopped = false;

  changed() {
    if (this.#stopped) return;
    say(form.dataset.unsaved);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save(), SAVE_AFTER);
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async save() {
    if (this.#stopped) return;
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    try {
      await this.#send();
    } catch {
      say(form.dataset.lost, true);
      this.#timer = setTimeout(() => this.save(), RETRY_AFTER);
    } finally {
      this.#busy = false;
      if (this.#again && !this.#stopped) {
        this.#again = false;
        this.changed();
      }
    }
  }

  async #send() {
    const response = await fetch(form.dataset.autosave, { method: "POST", body: new FormData(form), headers: { [HEADER]: "1" } });
    if (response.status === 401 || response.status === 400) {
      this.stop();
      say(form.dataset.ended, true);
    } else if (response.status === 409) {
      this.stop();
      say(form.dataset.conflict, true);
    } else if (response.status === 422) {
      say("");
    } else if (!response.ok) {
      throw new Error(String(response.status));
    } else {
      this.#kept(await response.json());
    }
  }

  #kept({ version, said }) {
    form.elements.version.value = version;
    say(said);
    // Loading the page again leads to what was kept.
    if (!document.body.dataset.page) history.replaceState(null, "", form.getAttribute("action"));
  }
}

function keepPreview() {
  const region = form.querySelector("[data-preview-region]");
  form.querySelector("[data-preview-button]").hidden = true;
  let timer = 0;
  let newest = 0;
  const show = async () => {
    const mine = ++newest;
    const response = await fetch(form.dataset.preview, { method: "POST", body: new FormData(form), headers: { [HEADER]: "1" } });
    if (!response.ok || mine !== newest) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    const open = [...region.querySelectorAll("details")].map((part) => part.open);
    region.replaceChildren(...fresh.body.childNodes);
    region.querySelectorAll("details").forEach((part, at) => { part.open = open[at] ?? false; });
  };
  return () => {
    clearTimeout(timer);
    timer = setTimeout(() => show().catch(() => {}), PREVIEW_AFTER);
  };
}

/** Another row as soon as the last one is used. */
function keepRows() {
  const rows = form.querySelector("[data-rows]");
  rows.addEventListener("input", () => {
    const last = rows.lastElementChild;
    if (![...last.querySelectorAll("input")].some((box) => box.value)) return;
    const next = last.cloneNode(true);
    for (const box of next.querySelectorAll("input")) {
      box.value = "";
      box.setAttribute("aria-label", box.getAttribute("aria-label").replace(/\d+/, String(rows.children.length + 1)));
    }
    rows.append(next);
  });
}

if (form) {
  const keeper = form.dataset.autosave ? new Keeper() : null;
  const preview = keepPreview();
  keepRows();
  form.addEventListener("input", () => {
    keeper?.changed();
    preview();
  });
  form.addEventListener("submit", () => keeper?.stop());
}
