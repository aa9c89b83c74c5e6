// Carries messages between the composer, the conversation and the log: sending, resending, showing, announcing.

const SLOW_MS = 8_000;

/** A random id; the browser's own where the page is served securely, else as random from the same source. */
export function randomId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Talk {
  #inFlight = false;
  #unsent = [];
  #asked = new Set();

  constructor({ element, conversation, log, panel, announcer, actions }) {
    Object.assign(this, { element, conversation, log, panel, announcer, actions });
  }

  get texts() {
    return this.element.texts;
  }

  /** Show the greeting of a new conversation; with one under way there is nothing to do. */
  async begin() {
    if (this.conversation.id || this.log.node.hasChildNodes()) return;
    try {
      this.#greet(await this.conversation.ensure(this.texts.language));
      this.panel.calm();
    } catch (error) {
      this.panel.alert(error.status === 429 ? this.explain(error) : this.texts.say("error_start"), { label: this.texts.say("retry"), run: () => this.begin() });
    }
  }

  /** Show what this tab talked about before the page was loaded again. */
  async resume() {
    this.resuming = true;
    try {
      for (const conversation of await this.conversation.resume()) {
        this.#greet(conversation);
        for (const message of conversation.messages) this.#replay(conversation, message);
      }
      this.log.readUpTo(this.conversation.presence.read);
      this.offerRating();
      this.log.toEnd();
    } catch {
      this.panel.alert(this.texts.say("error_resume"), { label: this.texts.say("retry"), run: () => { this.panel.calm(); this.log.clear(); this.resume(); } });
    } finally {
      this.resuming = false;
    }
  }

  /** Ask how it was, once for each hand-over a person has finished. */
  offerRating() {
    const { handoff } = this.conversation;
    if (handoff?.state !== "resolved" || handoff.rating || this.#asked.has(handoff.receipt)) return;
    this.#asked.add(handoff.receipt);
    this.log.rating(async (rating, comment) => {
      try {
        await this.conversation.rate(rating, comment);
      } catch (error) {
        throw new Error(this.explain(error), { cause: error });
      }
    });
  }

  /** What staff do at this moment: shown at once, and told once, unless their words have come along. */
  presence({ typing, read, before, spoken }) {
    this.log.staffTyping(typing);
    const moved = this.log.readUpTo(read);
    if (spoken) return;
    if (typing && !before.typing) this.announcer.say(this.texts.say("staff_typing"), this.texts.tag);
    else if (moved && read > before.read) this.announcer.say(this.texts.say("announce_read"), this.texts.tag);
  }

  #greet(conversation) {
    if (!conversation) return;
    this.element.named(conversation.municipality.name);
    this.log.greeting(conversation, { choose: (choice) => this.choose(choice) });
  }

  #replay(conversation, message) {
    if (message.role === "resident") this.log.question(message.text, message.id);
    else if (message.answer) this.#answer(message.answer, { message: message.id, conversation: conversation.id, given: message.resolved });
    else this.#said(message);
  }

  #said(message) {
    return message.role === "staff" ? this.log.staff(message) : this.log.divider(message.text);
  }

  /** A message from a person, or a notice of the desk, has just come. */
  received(message) {
    const node = this.#said(message);
    this.log.show(node);
    const opening = message.role === "staff" ? `${this.texts.say("announce_staff")} ` : "";
    this.announcer.say(`${opening}${message.text}`, this.texts.tag);
  }

  /** Show what was said in another tab or browser, unless something is on its way from here: it may be that. */
  elsewhere() {
    if (this.#inFlight || this.#unsent.length) return;
    for (const message of this.conversation.saidElsewhere()) this.#replay(this.conversation, message);
  }

  /** Take a text to send. False when one is still under way: the text then stays where it was written. */
  send(text) {
    return this.#post({ text, choice: null, clientId: randomId(), node: null });
  }

  choose(choice) {
    return this.#post({ text: choice.text || choice.label, shown: choice.label, choice: choice.article ?? null, clientId: randomId(), node: null });
  }

  /** Send everything that could not be sent, in its order. */
  async resend() {
    while (this.#unsent.length && !this.#inFlight && navigator.onLine) {
      const entry = this.#unsent[0];
      this.#unsent.shift();
      if (!(await this.#deliver(entry))) return;
    }
  }

  #post(entry) {
    if (this.#inFlight) return false;
    this.panel.calm();
    entry.node = this.log.question(entry.shown ?? entry.text);
    this.#deliver(entry);
    return true;
  }

  async #deliver(entry) {
    this.#inFlight = true;
    this.log.unsent(entry.node, null);
    this.log.typing();
    this.log.show(entry.node);
    const slow = setTimeout(() => { this.log.slow(); this.announcer.say(this.texts.say("typing_slow"), this.texts.tag); }, SLOW_MS);
    try {
      const { reply, conversation, renewed } = await this.conversation.ask(entry, this.texts.language);
      this.log.settled();
      this.panel.calm();
      if (renewed) this.log.divider(this.texts.say("error_gone"));
      this.#shown(entry, reply, conversation);
      return true;
    } catch (error) {
      this.log.settled();
      this.#failed(entry, error);
      return false;
    } finally {
      clearTimeout(slow);
      this.#inFlight = false;
      this.elsewhere();
    }
  }

  /** An answer that arrived is never taken for one that did not: in the worst case its plain words are shown. */
  #shown(entry, reply, conversation) {
    try {
      this.#show(entry, reply, conversation);
    } catch (error) {
      console.error(error);
      this.log.divider(reply.answer.answer, reply.answer.language);
    }
  }

  #show(entry, reply, conversation) {
    const { answer } = reply;
    if (reply.question_message) this.log.stored(entry.node, reply.question_message);
    // What was masked is masked on the screen too, as it is stored.
    if (answer.masked.length && answer.question) this.log.rewrite(entry.node, answer.question);
    if (reply.message === null && answer.status === "person_requested") {
      this.log.divider(answer.answer, answer.language);
    } else {
      this.#answer(answer, { message: reply.message, conversation, given: null });
    }
    this.log.show(entry.node);
    if (answer.emergency) this.announcer.interrupt(answer.answer, answer.language);
    else this.announcer.say(`${this.texts.say("announce_answer")} ${answer.answer}`, answer.language);
    if (entry.withFocus) this.element.composer.focus();
  }

  #answer(answer, { message, conversation, given }) {
    const contact = answer.contact ?? answer.topics.find((topic) => topic.contact)?.contact ?? null;
    this.actions.contact(contact);
    const actions = {
      choose: (choice) => this.choose(choice),
      person: () => this.actions.person(contact),
      leave: () => this.actions.leave(),
      feedback: (resolved, comment) => this.#feedback(conversation, message, resolved, comment),
    };
    return this.log.answer(answer, { message, given, actions });
  }

  async #feedback(conversation, message, resolved, comment) {
    try {
      await this.conversation.feedback(conversation, message, resolved, comment);
      this.panel.calm();
    } catch (error) {
      this.panel.alert(this.explain(error));
      throw error;
    }
  }

  #failed(entry, error) {
    const refused = [400, 413, 415, 422].includes(error.status);
    if (refused) {
      // Sent again it would be refused again: the text goes back to where it can be changed.
      entry.node.remove();
      if (!this.element.composer.text) this.element.composer.text = entry.text;
      this.element.composer.focus();
    } else {
      this.#unsent.push(entry);
      this.log.unsent(entry.node, () => this.#again(entry));
    }
    if (navigator.onLine || refused) this.panel.alert(this.explain(error));
  }

  #again(entry) {
    if (this.#inFlight) return;
    this.#unsent = this.#unsent.filter((other) => other !== entry);
    this.panel.calm();
    entry.withFocus = true; // the pressed button goes away with the mark
    this.#deliver(entry);
  }

  /** What to tell the resident about a failure. */
  explain(error) {
    if (error.status === 0) return this.texts.say("error_network");
    if (error.status === 429) return this.texts.say("error_busy", { seconds: error.retryAfter || 60 });
    if (error.status >= 500 || !error.message) return this.texts.say("error_server");
    return error.message;
  }

  /** From here on in another language: what was said stays, and the next question starts a conversation in it. */
  async languageChanged() {
    if (this.conversation.waiting) return;
    const talked = this.log.node.querySelector(".message.resident");
    this.conversation.leave();
    if (talked) {
      const node = this.log.divider(this.texts.say("language_changed"));
      this.log.show(node);
      return;
    }
    this.log.clear();
    await this.begin();
  }

  async cleared() {
    this.#unsent = [];
    this.log.clear();
    this.announcer.say(this.texts.say("cleared"), this.texts.tag);
    await this.begin();
  }
}
