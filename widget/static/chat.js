// <madoguchi-chat municipality="990019" language="ja">: the element. Registered in madoguchi.js.
import { Announcer } from "./announcer.js";
import { Api } from "./api.js";
import { Conversation } from "./conversation.js";
import { Presence } from "./presence.js";
import { element } from "./dom.js";
import { Furigana } from "./furigana.js";
import { NoticeBoard } from "./notice_board.js";
import { Session } from "./session.js";
import { Texts } from "./texts.js";
import { Talk } from "./talk.js";
import { Composer } from "./views/composer.js";
import { handoffForm, handoffState } from "./views/handoff.js";
import { header, LANGUAGES } from "./views/header.js";
import { Log } from "./views/log.js";
import { Panel } from "./views/panel.js";
import { NEUTRAL_PAGE } from "./views/emergency.js";

const ORIGIN = new URL(import.meta.url).origin;
const STYLES = new URL("./madoguchi.css", import.meta.url).href;

export class MadoguchiChat extends HTMLElement {
  #ready = null;
  #unread = 0;
  #lost = false;
  #contact = null;

  connectedCallback() {
    if (this.#ready) {
      this.#listen();
      this.conversation.connect();
      this.#ready.then(() => this.board.start(this.texts));
      return;
    }
    this.api = new Api(ORIGIN);
    this.session = new Session(this.getAttribute("municipality"));
    this.conversation = new Conversation(this.api, this.session, this.getAttribute("municipality"));
    this.presence = new Presence(this.conversation);
    this.announcer = new Announcer();
    const { api, session, announcer } = this;
    this.board = new NoticeBoard({ host: this, api, session, announcer, municipality: this.getAttribute("municipality") });
    this.#ready = this.#build();
    this.#listen();
  }

  disconnectedCallback() {
    removeEventListener("online", this);
    removeEventListener("offline", this);
    removeEventListener("beforeprint", this);
    document.removeEventListener("visibilitychange", this);
    this.conversation.disconnect();
    this.board.stop();
  }

  /** Open the panel. */
  async open() {
    await this.#ready;
    this.panel.open();
    this.toggleAttribute("open", true);
    this.#unread = 0;
    this.#nameLauncher();
    // On a phone the keyboard would cover the greeting, so the title gets the focus there.
    if (this.panel.phone.matches) this.panel.dialog.querySelector("#title").focus();
    else this.composer.focus();
    await this.talk.begin();
    this.#seen();
  }

  /** Close the panel; the conversation goes on. */
  close() {
    this.panel.close();
    this.toggleAttribute("open", false);
  }

  /** Open the panel and ask; for links and search fields of the page around it. */
  async ask(text) {
    await this.open();
    if (!this.talk.send(text)) this.composer.text = text;
  }

  handleEvent(event) {
    if (event.type === "visibilitychange") this.#seen();
    else if (event.type === "beforeprint") for (const details of this.shadowRoot.querySelectorAll("details")) details.open = true;
    else this.#connectivity();
  }

  #listen() {
    for (const type of ["online", "offline", "beforeprint"]) addEventListener(type, this);
    document.addEventListener("visibilitychange", this);
  }

  async #build() {
    const root = this.attachShadow({ mode: "open" });
    const styled = this.#style(root);
    this.log = new Log();
    this.panel = new Panel({ open: () => this.open(), close: () => this.close(), notices: this.board.panel });
    this.composer = new Composer({ typed: (text) => this.presence.typed(text), send: (text) => this.#send(text), person: () => this.#askPerson(this.#contact) });
    this.talk = new Talk({
      element: this, conversation: this.conversation, log: this.log, panel: this.panel, announcer: this.announcer,
      actions: { person: (contact) => this.#askPerson(contact), leave: () => this.#leave(), contact: (contact) => { this.#contact = contact; } },
    });
    this.panel.dialog.addEventListener("keydown", (event) => this.#key(event));
    this.#follow();
    const wanted = this.session.language ?? this.getAttribute("language") ?? "ja";
    await this.#speak(LANGUAGES.some(({ code }) => code === wanted) ? wanted : "ja");
    await styled;
    root.append(this.board.floating, this.panel.launcher, this.panel.dialog, ...this.announcer.nodes);
    this.board.start(this.texts);
    this.#connectivity();
    await this.talk.resume();
  }

  #send(text) {
    const taken = this.talk.send(text);
    if (taken) this.presence.stopped();
    return taken;
  }

  /** What has come is read when somebody can see it. */
  #seen() {
    if (this.panel?.isOpen && document.visibilityState === "visible" && this.panel.main.contains(this.log.node)) this.presence.seen();
  }

  #style(root) {
    const sheet = element("link", { rel: "stylesheet", href: STYLES });
    const loaded = new Promise((resolve) => { sheet.onload = sheet.onerror = resolve; });
    root.append(sheet);
    return loaded;
  }

  /** Load the labels of a language and show them. */
  async #speak(language) {
    const { labels, message_max_length: limit } = await this.api.texts(language);
    this.texts = new Texts(language, labels, limit);
    this.log.relabel(this.texts);
    if (this.shadowRoot.contains(this.panel.dialog)) this.board.relabel(this.texts);
    this.#frame();
  }

  #frame() {
    const { texts, panel } = this;
    const actions = {
      close: () => this.close(),
      language: (code) => this.#switch(code),
      size: (size) => this.#resize(size),
      readings: (on) => this.#readings(on),
      clear: () => this.#confirmClear(),
    };
    panel.dialog.lang = texts.tag;
    panel.dialog.dataset.size = String(this.session.size);
    panel.launcher.lang = texts.tag;
    panel.top.replaceChildren(header({ texts, town: this.town, size: this.session.size, readings: this.session.readings, actions }));
    if (!panel.main.contains(this.log.node) && !panel.main.hasChildNodes()) panel.main.append(this.log.node);
    if (!panel.foot.hasChildNodes()) panel.foot.append(this.composer.node);
    this.furigana ??= new Furigana(this.api, this.log.node);
    this.furigana.show(texts.language === "yasashii" && this.session.readings);
    this.#showState();
    this.#nameLauncher();
    this.#connectivity();
  }

  /** The municipality's name, known once a conversation was started or read. */
  named(town) {
    if (this.town === town) return;
    this.town = town;
    this.panel.dialog.querySelector("#title").textContent = this.texts.say("title", { name: town });
  }

  async #switch(language) {
    if (language === this.texts.language) return;
    try {
      await this.#speak(language);
    } catch {
      this.panel.alert(this.texts.say("error_start"));
      return;
    }
    this.session.language = language;
    this.panel.dialog.querySelector(`[data-language=${language}]`).focus();
    await this.talk.languageChanged();
  }

  #resize(size) {
    this.session.size = size;
    this.#frame();
    this.panel.dialog.querySelector("[data-tool=size]").focus();
    this.announcer.say(this.panel.dialog.querySelector("[data-tool=size]").getAttribute("aria-label"), this.texts.tag);
  }

  #readings(on) {
    this.session.readings = on;
    this.#frame();
    this.panel.dialog.querySelector("[data-tool=readings]").focus();
  }

  #follow() {
    this.conversation.addEventListener("handoff", ({ detail }) => {
      this.#lost = false;
      this.#showState();
      if (detail?.state !== "taken") this.log.staffTyping(false);
      if (detail?.message) this.announcer.say(`${this.texts.say(`state_${detail.state}`)} ${detail.message}`, this.texts.tag);
      if (!this.talk.resuming) this.talk.offerRating();
    });
    this.conversation.addEventListener("elsewhere", () => this.talk.elsewhere());
    this.conversation.addEventListener("presence", ({ detail }) => this.talk.presence(detail));
    this.conversation.addEventListener("staff", ({ detail }) => {
      this.talk.received(detail);
      this.#seen();
      if (!this.panel.isOpen) this.#unread += 1;
      this.#nameLauncher();
    });
    this.conversation.addEventListener("trouble", ({ detail }) => { this.#lost = detail; this.#showState(); });
    this.conversation.addEventListener("gone", () => { this.#showState(); this.panel.alert(this.texts.say("error_gone")); });
  }

  #showState() {
    const { handoff, waiting } = this.conversation;
    const shown = this.panel.state.firstChild;
    const focused = shown?.contains(this.shadowRoot.activeElement);
    const strip = handoff && handoffState(handoff, this.texts, { lost: this.#lost, open: shown?.open ?? true });
    this.panel.state.replaceChildren(...(strip ? [strip] : []));
    if (focused) this.#focusState();
    this.composer.relabel(this.texts, { waiting, withPerson: handoff?.state === "taken" });
  }

  #nameLauncher() {
    const key = this.session.conversations.length || this.conversation.id ? "launcher_continue" : "launcher";
    this.panel.label(this.texts.say(key), this.#unread, this.texts.say("launcher_unread", { count: this.#unread }));
  }

  async #askPerson(contact) {
    const { texts, panel } = this;
    if (this.conversation.waiting) {
      this.#focusState();
      return;
    }
    panel.calm();
    const department = contact ?? (await this.#reception());
    const form = handoffForm({ texts, contact: department, back: () => this.#toLog(), send: (request) => this.#requestPerson(request) });
    panel.main.replaceChildren(form.node);
    panel.foot.replaceChildren();
    panel.main.scrollTop = 0;
    form.focus();
  }

  /** The general reception and its hours, until the desk knows which department it will be. */
  async #reception() {
    try {
      return { ...(await this.api.reception(this.getAttribute("municipality"), this.texts.language)), routed: true };
    } catch {
      return null;
    }
  }

  async #requestPerson(request) {
    try {
      await this.conversation.requestPerson(request, this.texts.language);
    } catch (error) {
      throw new Error(this.talk.explain(error), { cause: error });
    }
    this.#toLog(); // the message itself comes back as the desk has kept it, masked
    this.#focusState();
  }

  #focusState() {
    this.panel.state.querySelector("summary")?.focus();
  }

  #toLog() {
    this.panel.main.replaceChildren(this.log.node);
    this.panel.foot.replaceChildren(this.composer.node);
    this.log.toEnd();
    this.#seen();
    if (!this.panel.phone.matches) this.composer.focus();
    else this.panel.dialog.querySelector("#title").focus();
  }

  #confirmClear() {
    const { texts, panel } = this;
    const done = () => { panel.calm(); panel.dialog.querySelector("[data-tool=clear]").focus(); };
    panel.confirm(texts.say("clear_question"), [
      { label: texts.say("clear_yes"), run: () => this.#clear(done) },
      { label: texts.say("clear_no"), run: done },
    ]);
  }

  async #clear(done) {
    try {
      await this.conversation.clear();
    } catch (error) {
      this.panel.alert(error.status === 409 ? this.texts.say("clear_refused") : this.talk.explain(error));
      return;
    }
    done();
    this.presence.reset();
    this.#contact = null;
    this.#frame();
    this.panel.main.replaceChildren(this.log.node);
    this.panel.foot.replaceChildren(this.composer.node);
    await this.talk.cleared();
  }

  /** Away at once: the screen is blank before anything else is tried. */
  #leave() {
    this.panel.dialog.replaceChildren();
    document.documentElement.hidden = true;
    this.conversation.abandon();
    location.replace(NEUTRAL_PAGE);
  }

  #connectivity() {
    const offline = !navigator.onLine;
    if (this.texts) this.panel.isOffline(offline ? this.texts.say("offline") : null);
    if (!offline) this.talk?.resend();
  }

  #key(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    if (this.panel.main.contains(this.log.node)) this.close();
    else this.#toLog();
  }
}
