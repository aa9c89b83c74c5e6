// Says things to screen readers, each once. The log itself is not live: it would read every answer a second time.
import { element, languageTag } from "./dom.js";

export class Announcer {
  constructor() {
    this.polite = element("div", { class: "visually-hidden", "aria-live": "polite", "data-announcer": "polite" });
    this.urgent = element("div", { class: "visually-hidden", role: "alert", "data-announcer": "urgent" });
  }

  get nodes() {
    return [this.polite, this.urgent];
  }

  say(text, language) {
    put(this.polite, text, language);
  }

  interrupt(text, language) {
    put(this.urgent, text, language);
  }
}

function put(region, text, language) {
  // A new node, so that the same words twice are two announcements.
  region.replaceChildren(element("p", { lang: languageTag(language) }, text));
}
