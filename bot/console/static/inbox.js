/* The inbox: canned replies put in where the cursor stands, typing and reading told to the resident, a sound for new
   requests. Everything here works without this module too, only by sending the form or by reloading. */

const TYPING_MS = 3000;
const LOOK_MS = 2000;
const HEADER = "X-Madoguchi-Refresh";
const SOUND = "madoguchi-staff-sound";

const box = () => document.querySelector("form[data-reply]");

/** Id of the newest message on the page. */
function newest() {
  return Number((document.querySelector("[data-region='messages']")?.dataset.key ?? "0").split(" ")[0]) || 0;
}

/** Tells what this member of staff does. A failure is nothing: the next word tells it again. */
async function tell({ typing = false, byItself = false } = {}) {
  const form = box();
  if (!form) return;
  const body = new URLSearchParams({ csrf_token: form.elements.csrf_token.value, read: String(newest()) });
  if (typing) body.set("typing", "yes");
  const headers = byItself ? { [HEADER]: "1" } : {};
  try {
    await fetch(form.dataset.presence, { method: "POST", body, headers });
  } catch {
    // see above
  }
}

let told = 0;

function typed(event) {
  if (!event.target.matches?.("form[data-reply] [data-draft]")) return;
  if (!event.target.value) {
    told = 0;
    tell();
  } else if (Date.now() - told >= TYPING_MS) {
    told = Date.now();
    tell({ typing: true });
  }
}

function insert(event) {
  const button = event.target.closest?.("[data-insert]");
  if (!button) return;
  const chosen = document.querySelector("[data-canned]")?.selectedOptions[0];
  const area = document.querySelector("form[data-reply] [data-draft]");
  if (!chosen?.dataset.text || !area) return;
  event.preventDefault();
  area.setRangeText(chosen.dataset.text, area.selectionStart, area.selectionEnd, "end");
  area.focus();
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

let read = newest();

/** Shows whether the resident is typing, and tells that the newest words have been seen, while the page is looked at. */
async function look() {
  const form = box();
  const line = document.querySelector("[data-typing]");
  if (form && line && document.visibilityState === "visible") {
    try {
      const answer = await fetch(form.dataset.presence, { headers: { [HEADER]: "1" }, cache: "no-store" });
      const text = answer.ok && (await answer.json()).typing ? line.dataset.typing : "";
      if (line.textContent !== text) line.textContent = text;
    } catch {
      line.textContent = "";
    }
    if (newest() > read) {
      read = newest();
      await tell({ byItself: true });
    }
  }
  setTimeout(look, LOOK_MS);
}

function ring() {
  const audio = new AudioContext();
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  volume.gain.setValueAtTime(0.1, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.6);
  tone.frequency.value = 660;
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.6);
  tone.onended = () => audio.close();
}

/** Off until somebody switches it on; the browser remembers it. */
function offerSound() {
  const label = document.querySelector("[data-sound]");
  if (!label || typeof AudioContext === "undefined") return;
  const wanted = label.querySelector("input");
  label.hidden = false;
  wanted.checked = localStorage.getItem(SOUND) === "on";
  wanted.addEventListener("change", () => {
    localStorage.setItem(SOUND, wanted.checked ? "on" : "off");
    if (wanted.checked) ring();
  });
  const counts = new Map();
  const watch = new MutationObserver((changes) => {
    for (const { target } of changes) {
      const now = Number(target.dataset.announce);
      if (now > (counts.get(target) ?? now) && wanted.checked) ring();
      counts.set(target, now);
    }
  });
  for (const node of document.querySelectorAll("[data-announce]")) {
    counts.set(node, Number(node.dataset.announce));
    watch.observe(node, { attributes: true, attributeFilter: ["data-announce"] });
  }
}

document.addEventListener("input", typed);
document.addEventListener("click", insert);
offerSound();
look();
