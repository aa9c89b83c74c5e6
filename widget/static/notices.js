// Emergency banner and kill switch: looked up every half minute while the page is seen, told when they change.
import { element, hidden, button, languageTag } from "./dom.js";
import { icon } from "./icons.js";

const LOOK_MS = 25_000;
const SPREAD_MS = 5_000;
const NOTHING = { banners: [], switched_off: null };

/** Fetches what is to be shown. `changed(notices)` is called at first and whenever something is new. */
export class Notices {
  #timer = 0;
  #key = null;
  #running = false;

  constructor(api, municipality, changed) {
    this.api = api;
    this.municipality = municipality;
    this.changed = changed;
    this.current = NOTHING;
    this.seen = () => { if (document.visibilityState === "visible") this.look(); };
  }

  start(language) {
    this.language = language;
    if (this.#running) return;
    this.#running = true;
    document.addEventListener("visibilitychange", this.seen);
    this.look();
  }

  stop() {
    this.#running = false;
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.seen);
  }

  /** Look now, and again after a while; a desk that cannot be reached changes nothing of what is shown. */
  async look() {
    clearTimeout(this.#timer);
    if (document.visibilityState === "visible") await this.#take();
    // Spread, so that the pages opened at one moment do not all ask at one moment.
    if (this.#running) this.#timer = setTimeout(() => this.look(), LOOK_MS + Math.random() * SPREAD_MS);
  }

  async #take() {
    let found;
    try {
      found = await this.api.notices(this.municipality, this.language);
    } catch {
      return;
    }
    const key = JSON.stringify(found);
    if (!this.#running || key === this.#key) return;
    this.#key = key;
    this.current = found;
    this.changed(found);
  }
}

/** What tells one banner from another; its end may be put off without its being news. */
export function nameOf(banner) {
  return JSON.stringify([banner.level, banner.language, banner.text, banner.link]);
}

/** One banner or the line of the kill switch; `hide` null where it cannot be put away. */
export function noticeView(banner, texts, hide = null) {
  const words = element("p", {}, element("strong", {}, banner.title), " ", element("span", {}, banner.text));
  const more = banner.link && /^https?:\/\//i.test(banner.link)
    ? element("a", { href: banner.link, target: "_blank", rel: "noopener noreferrer", lang: texts.tag }, texts.say("notice_link"), hidden(`（${texts.say("new_tab")}）`))
    : null;
  const end = element("small", { lang: texts.tag }, banner.ends);
  const away = hide ? button(icon("close"), hide, { class: "notice-hide", "aria-label": texts.say("notice_hide"), lang: texts.tag }) : null;
  return element("section", { class: `notice level-${banner.level}`, lang: languageTag(banner.language) }, icon("alert"), element("div", {}, words, more, end), away);
}

/** The line that says that automatic answers are switched off. */
export function switchedOffView(text, texts) {
  return element("section", { class: "notice level-info", lang: texts.tag }, icon("alert"), element("div", {}, element("p", {}, text)));
}
