// The conversation itself, without any view: starting, resuming, asking, handing over, deleting.
// Events: `staff` (a message from a person or the desk's notice), `handoff` (its state), `presence` (of staff),
// `elsewhere` (something said here in another tab or browser), `trouble`, `gone`.
import { Updates } from "./updates.js";

const RETRY_MS = [1_000, 3_000];
const WAITING = new Set(["requested", "queued", "taken"]);

const NOBODY = Object.freeze({ typing: false, read: 0 });

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
  #elsewhere = new Map();

  constructor(api, session, municipality) {
    super();
    this.api = api;
    this.session = session;
    this.municipality = municipality;
    this.id = null;
    this.handoff = null;
    this.presence = NOBODY;
    this.secret = false;
  }

  get waiting() {
    return WAITING.has(this.handoff?.state);
  }

  /** Id of the newest message that came or went; 0 for none. */
  get newest() {
    return Math.max(0, ...this.#seen);
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
      this.presence = last.presence ?? NOBODY;
    }
    return found;
  }

  /** Leave the present conversation as it is; the next question starts another one. */
  leave() {
    this.#stop();
    this.id = null;
    this.handoff = null;
    this.presence = NOBODY;
    this.#seen.clear();
    this.#elsewhere.clear();
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

  async rate(rating, comment) {
    await patiently(() => this.api.rate(this.id, rating, comment));
    if (this.handoff) this.handoff = { ...this.handoff, rating };
  }

  /** What the resident does; not worth a second try. */
  tellPresence(presence) {
    if (this.id && !this.secret) this.api.presence(this.id, presence).catch(() => undefined);
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
    this.#updates = new Updates(this.api, this.id, this.newest, {
      receive: (updates) => this.#receive(updates),
      trouble: (lost) => this.#tell("trouble", lost),
      gone: () => { this.session.forget(this.id); this.leave(); this.#tell("gone", null); },
    });
    this.#updates.start();
  }

  #receive(updates) {
    for (const message of updates.messages) {
      if (this.#seen.has(message.id)) continue;
      if (message.role === "resident" || message.role === "desk") {
        // Sent from here and still under way, or from another tab: which of both, is known when nothing is under way.
        this.#elsewhere.set(message.id, message);
        continue;
      }
      this.#seen.add(message.id);
      this.#tell("staff", message);
    }
    if (this.#elsewhere.size) this.#tell("elsewhere", null);
    this.#presenceIs(updates.presence ?? NOBODY, updates.messages.some((message) => message.role === "staff"));
    if (updates.handoff) this.#handoffIs(updates.handoff);
  }

  /** What was said in another tab since it was asked for last; only to be asked while nothing is on its way from here. */
  saidElsewhere() {
    const messages = [...this.#elsewhere.values()].filter((message) => !this.#seen.has(message.id));
    this.#elsewhere.clear();
    for (const message of messages) this.#seen.add(message.id);
    return messages;
  }

  /** `spoken`: words of staff came along, which say more than that they have read. */
  #presenceIs(presence, spoken) {
    const before = this.presence;
    this.presence = presence;
    if (before.typing !== presence.typing || before.read !== presence.read) this.#tell("presence", { ...presence, before, spoken });
  }

  #stop() {
    this.#updates?.stop();
    this.#updates = null;
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
