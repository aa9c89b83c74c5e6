// Follows a conversation that a person is dealing with: a live stream where there is one, polling where there is not.

const POLL_MS = 3_000;
const SLOW_POLL_MS = 15_000;
const POLLS_BEFORE_STREAM = 10;
const RECONNECT_MS = 1_000;

export class Updates {
  #source = null;
  #timer = 0;
  #polls = 0;
  #failures = 0;
  #running = false;

  /** `receive(updates)` gets every batch, `trouble(isLost)` each loss and return of the connection, `gone()` a deletion. */
  constructor(api, conversation, after, { receive, trouble, gone }) {
    this.api = api;
    this.conversation = conversation;
    this.after = after;
    this.receive = receive;
    this.trouble = trouble;
    this.gone = gone;
  }

  start() {
    if (this.#running) return;
    this.#running = true;
    this.#stream();
  }

  stop() {
    this.#running = false;
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  #stream() {
    if (typeof EventSource === "undefined") return this.#poll();
    let opened = false;
    const source = this.api.stream(this.conversation, this.after);
    this.#source = source;
    source.onopen = () => {
      opened = true;
      this.#restored();
    };
    source.addEventListener("updates", (event) => this.#take(JSON.parse(event.data)));
    source.onerror = () => {
      // A stream ends by itself after a while. Opened anew by hand, it asks for what came after the last message seen.
      source.close();
      if (!this.#running || this.#source !== source) return;
      this.#source = null;
      if (opened) this.#later(() => this.#stream(), RECONNECT_MS);
      else this.#poll();
    };
    return undefined;
  }

  async #poll() {
    try {
      this.#take(await this.api.updates(this.conversation, this.after));
      this.#restored();
    } catch (error) {
      if (!this.#running) return;
      if (error.status === 404) {
        this.stop();
        this.gone();
        return;
      }
      this.#failures += 1;
      if (this.#failures === 2) this.trouble(true);
    }
    if (!this.#running) return;
    this.#polls += 1;
    const again = this.#polls % POLLS_BEFORE_STREAM === 0 ? () => this.#stream() : () => this.#poll();
    this.#later(again, this.#failures > 5 ? SLOW_POLL_MS : POLL_MS);
  }

  #take(updates) {
    if (!this.#running) return;
    for (const message of updates.messages) this.after = Math.max(this.after, message.id);
    this.receive(updates);
  }

  #restored() {
    if (this.#failures >= 2) this.trouble(false);
    this.#failures = 0;
  }

  #later(action, ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#running && action(), ms);
  }
}
