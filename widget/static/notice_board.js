// Where banners are seen in the widget: in the panel, and above the launcher unless the page around shows them itself.
import { element } from "./dom.js";
import { nameOf, noticeView, Notices, switchedOffView } from "./notices.js";

export class NoticeBoard {
  #notices;
  #byPage = false;

  /** `host` is the element itself: a page that cancels its event `madoguchi-notices` shows the banners in its own way. */
  constructor({ host, api, session, municipality, announcer }) {
    Object.assign(this, { host, session, announcer });
    this.panel = element("div", { class: "slot notices" });
    this.floating = element("div", { class: "floating notices", hidden: true });
    this.#notices = new Notices(api, municipality, () => this.show(true));
  }

  start(texts) {
    this.texts = texts;
    this.floating.setAttribute("role", "region");
    this.floating.setAttribute("aria-label", texts.say("notice_region"));
    this.#notices.start(texts.language);
  }

  stop() {
    this.#notices.stop();
  }

  /** In the language chosen now. */
  relabel(texts) {
    const other = this.texts && this.texts.language !== texts.language;
    this.start(texts);
    if (other) this.#notices.look();
  }

  /** Draw what is known; `news` says that it has just come from the desk. */
  show(news = false) {
    const { banners, switched_off: off } = this.#notices.current;
    if (news) {
      const event = new CustomEvent("madoguchi-notices", { bubbles: true, composed: true, cancelable: true, detail: this.#notices.current });
      this.#byPage = !this.host.dispatchEvent(event);
    }
    const line = off ? [switchedOffView(off, this.texts)] : [];
    this.panel.replaceChildren(...banners.map((banner) => noticeView(banner, this.texts)), ...line);
    const kept = banners.filter((banner) => !this.session.hidden.includes(nameOf(banner)));
    this.floating.replaceChildren(...kept.map((banner) => noticeView(banner, this.texts, banner.level === "emergency" ? null : () => this.#hide(banner))));
    this.floating.hidden = this.#byPage || !kept.length;
    if (news) this.#announce(banners);
  }

  #hide(banner) {
    this.session.hide(nameOf(banner));
    this.show();
    this.host.shadowRoot.querySelector(".launcher")?.focus();
  }

  /** Each banner is said once a tab: one that is kept up must not interrupt on every page. */
  #announce(banners) {
    const fresh = banners.filter((banner) => !this.session.heard.includes(nameOf(banner)));
    if (!fresh.length) return;
    for (const banner of fresh) this.session.hear(nameOf(banner));
    const words = fresh.map(({ title, text }) => `${title} ${text}`).join(" ");
    const { language } = fresh[0];
    if (fresh.some(({ level }) => level === "emergency")) this.announcer.interrupt(words, language);
    else this.announcer.say(words, language);
  }
}
