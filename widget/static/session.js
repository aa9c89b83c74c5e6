// What a tab remembers across a reload: ids of its conversations, language and text size. Gone when the tab closes.

const EMPTY = { conversations: [], language: null, size: 0, heard: [], hidden: [], readings: false };

export class Session {
  constructor(municipality) {
    this.key = `madoguchi:${municipality || "default"}`;
    this.state = { ...EMPTY, ...this.#load() };
  }

  get conversations() {
    return [...this.state.conversations];
  }

  remember(conversation) {
    if (!this.state.conversations.includes(conversation)) this.#keep({ conversations: [...this.state.conversations, conversation] });
  }

  forget(conversation) {
    this.#keep({ conversations: this.state.conversations.filter((id) => id !== conversation) });
  }

  forgetAll() {
    this.#keep({ conversations: [] });
  }

  get language() {
    return this.state.language;
  }

  set language(language) {
    this.#keep({ language });
  }

  get size() {
    return this.state.size;
  }

  set size(size) {
    this.#keep({ size });
  }

  /** Whether readings are shown over the kanji. */
  get readings() {
    return this.state.readings;
  }

  set readings(readings) {
    this.#keep({ readings });
  }

  /** Names of the banners that were announced, and of those that were put away. */
  get heard() {
    return [...this.state.heard];
  }

  hear(name) {
    this.#keep({ heard: [...this.state.heard, name].slice(-20) });
  }

  get hidden() {
    return [...this.state.hidden];
  }

  hide(name) {
    this.#keep({ hidden: [...this.state.hidden, name].slice(-20) });
  }

  #load() {
    try {
      return JSON.parse(sessionStorage.getItem(this.key)) ?? {};
    } catch {
      return {}; // storage may be blocked; the chat works, it only forgets on reload
    }
  }

  #keep(change) {
    this.state = { ...this.state, ...change };
    try {
      sessionStorage.setItem(this.key, JSON.stringify(this.state));
    } catch {
      // see #load
    }
  }
}
