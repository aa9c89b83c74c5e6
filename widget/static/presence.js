// Tells the desk what the resident does while a person deals with the conversation: typing, and how far was read.
// A failure is nothing to tell anybody: the next word tells it again.

const TYPING_MS = 3_000;

export class Presence {
  #toldAt = 0;
  #typing = false;
  #read = 0;

  constructor(conversation) {
    this.conversation = conversation;
  }

  /** The text in the composer has changed. */
  typed(text) {
    if (this.conversation.handoff?.state !== "taken") return;
    const now = Date.now();
    if (!text) this.stopped();
    else if (now - this.#toldAt >= TYPING_MS) {
      this.#toldAt = now;
      this.#typing = true;
      this.#tell({ typing: true });
    }
  }

  /** Nothing is being typed any more; what was sent says so by itself. */
  stopped() {
    if (this.#typing) this.#tell({ typing: false });
    this.#typing = false;
    this.#toldAt = 0;
  }

  /** Everything up to the newest message is on the screen. */
  seen() {
    const { newest, handoff } = this.conversation;
    if (!handoff || newest <= this.#read) return;
    this.#read = newest;
    this.#tell({ typing: this.#typing, read: newest });
  }

  /** Another conversation begins. */
  reset() {
    this.#read = this.#toldAt = 0;
    this.#typing = false;
  }

  #tell(body) {
    this.conversation.tellPresence(body);
  }
}
