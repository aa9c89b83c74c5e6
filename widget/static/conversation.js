// The conversation itself, without any view: starting, resuming, asking, handing over, deleting.
// Events: `staff` (a message from a person or the desk's notice), `handoff` (its state), `trouble`, `gone`.
import { Updates } from "./updates.js";

const RETRY_MS = [1_000, 3_000];
const WAITING = new Set(["requested", "queued", "taken"]);

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Try again after a passing failure; the message's client id makes a repeat harmless. */
async function patiently(action) {
  for (const ms of RETRY_MS) {
    try {
      return await action();
    } catch (error) {
      if (!error.passing || !navigator.onLine) throw error;
      await pause(ms);
    }
  }
  return action();
}

export class Conversation extends EventTarget {
  #starting = null;
  #updates = null;
  #seen = new Set();

  constructor(api, session, municipality) {
    super();
    this.api = api;
    this.session = session;
    this.municipality = municipality;
    this.id = null;
    this.handoff = null;
    this.secret = false;
  }

  get waiting() {
    return WAITING.has(this.handoff?.state);
  }

  /** Start one unless there is one; calls at the same time share one start. Resolves to it, or null when it was there. */
  async ensure(language) {
    if (this.id) return null;
    this.#starting ??= this.#start(language).finally(() => { this.#starting = null; });
    return this.#starting;
  }

  async #start(language) {
    const started = await patiently(() => this.api.start(this.municipality, language));
    this.id = started.id;
    if (!this.secret) this.session.remember(started.id);
    return started;
  }

  /** The conversations of this tab, oldest first, read anew; those the desk no longer has are forgotten. */
  async resume() {
    const found = [];
    for (const id of this.session.conversations) {
      try {
        found.push(await this.api.read(id));
      } catch (error) {
        if (error.status !== 404) throw error;
        this.session.forget(id);
      }
    }
    const last = found.at(-1);
    if (last) {
      this.id = last.id;
      for (const message of last.messages) this.#seen.add(message.id);
      this.#handoffIs(last.handoff ?? null);
    }
    return found;
  }

  /** Leave the present conversation as it is; the next question starts another one. */
  leave() {
    this.#stop();
    this.id = null;
    this.handoff = null;
  }

  /** Send one message. Resolves to {reply, conversation, renewed}; `renewed` when the old conversation was gone. */
  async ask(entry, language) {
    await this.ensure(language);
    const conversation = this.id;
    const message = { text: entry.text, choice: entry.choice ?? null, client_message_id: entry.clientId };
    try {
      const reply = await patiently(() => this.api.ask(conversation, message));
      for (const id of [reply.message, reply.question_message]) if (id) this.#seen.add(id);
      if (reply.answer.emergency?.keep_history === false) this.keepSecret();
      return { reply, conversation, renewed: Boolean(entry.renewed) };
    } catch (error) {
      if (error.status !== 404 || entry.renewed) throw error;
      this.session.forget(conversation);
      this.leave();
      entry.renewed = true;
      return this.ask(entry, language);
    }
  }

  /** From now on nothing of this conversation is remembered on the device. */
  keepSecret() {
    this.secret = true;
    this.session.forgetAll();
  }

  feedback(conversation, message, resolved, comment) {
    return patiently(() => this.api.feedback(conversation, message, resolved, comment));
  }

  async requestPerson(request, language) {
    await this.ensure(language);
    const handoff = await patiently(() => this.api.requestPerson(this.id, request));
    this.#handoffIs(handoff);
    return handoff;
  }

  /** Delete every conversation of this tab, here and at the desk. Throws ApiError 409 while a person deals with it. */
  async clear() {
    const ids = new Set([...this.session.conversations, ...(this.id ? [this.id] : [])]);
    for (const id of ids) {
      try {
        await this.api.remove(id);
      } catch (error) {
        if (error.status !== 404) throw error;
      }
      this.session.forget(id);
    }
    this.leave();
    this.secret = false;
  }

  /** Delete without waiting for anything: the resident has to get away now. */
  abandon() {
    const ids = new Set([...this.session.conversations, ...(this.id ? [this.id] : [])]);
    this.keepSecret();
    this.#stop();
    for (const id of ids) this.api.remove(id, { leaving: true }).catch(() => undefined);
  }

  disconnect() {
    this.#stop();
  }

  connect() {
    if (this.waiting) this.#follow();
  }

  #handoffIs(handoff) {
    const changed = JSON.stringify(handoff) !== JSON.stringify(this.handoff);
    this.handoff = handoff;
    if (this.waiting) this.#follow();
    else this.#stop();
    if (changed) this.#tell("handoff", handoff);
  }

  #follow() {
    if (this.#updates) return;
    const after = Math.max(0, ...this.#seen);
    this.#updates = new Updates(this.api, this.id, after, {
      receive: (updates) => this.#receive(updates),
      trouble: (lost) => this.#tell("trouble", lost),
      gone: () => { this.session.forget(this.id); this.leave(); this.#tell("gone", null); },
    });
    this.#updates.start();
  }

  #receive(updates) {
    for (const message of updates.messages) {
      // The resident's own messages and the desk's replies are shown where they were sent.
      if (this.#seen.has(message.id) || message.role === "resident" || message.role === "desk") continue;
      this.#seen.add(message.id);
      this.#tell("staff", message);
    }
    if (updates.handoff) this.#handoffIs(updates.handoff);
  }

  #stop() {
    this.#updates?.stop();
    this.#updates = null;
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
