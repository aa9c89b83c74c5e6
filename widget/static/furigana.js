// Readings over the kanji of what the desk says, for residents who read やさしい日本語 and want them.
import { element } from "./dom.js";

const KANJI = /[\u4e00-\u9fff\u3005\u3006]/;
const AT_ONCE = 20;
const LONGEST = 400;
const PAUSE_MS = 50;
const LEFT_ALONE = "ruby, [data-read], textarea, input, .visually-hidden, .message.resident";

export class Furigana {
  #observer = null;
  #timer = 0;

  constructor(api, root) {
    this.api = api;
    this.root = root;
  }

  /** Show readings, also on what is said from now on; or hide them. */
  show(on) {
    this.root.classList.toggle("with-readings", on);
    if (!on) {
      this.#observer?.disconnect();
      this.#observer = null;
      return;
    }
    if (this.#observer) return;
    this.#observer = new MutationObserver(() => this.#soon());
    this.#observer.observe(this.root, { childList: true, subtree: true });
    this.#soon();
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#read(), PAUSE_MS);
  }

  #unread() {
    const walker = document.createTreeWalker(this.root, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode() && found.length < AT_ONCE) {
      const node = walker.currentNode;
      if (KANJI.test(node.data) && node.data.length <= LONGEST && !node.parentElement.closest(LEFT_ALONE)) found.push(node);
    }
    return found;
  }

  /** Without the desk's help the text stays as it is: it can be read, only less easily. */
  async #read() {
    const nodes = this.#unread();
    if (!nodes.length) return;
    let texts;
    try {
      ({ texts } = await this.api.furigana(nodes.map((node) => node.data)));
    } catch {
      return;
    }
    nodes.forEach((node, index) => { if (node.isConnected) node.replaceWith(read(texts[index])); });
  }
}

function read(pieces) {
  const parts = pieces.map(([text, reading]) => (reading ? element("ruby", {}, text, element("rp", {}, "（"), element("rt", {}, reading), element("rp", {}, "）")) : text));
  return element("span", { "data-read": true }, ...parts);
}
