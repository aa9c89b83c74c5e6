// The frame: launcher, dialog, and the places inside it. Modal where it fills a phone's screen, beside the page elsewhere.
import { button, element, hidden } from "../dom.js";
import { icon } from "../icons.js";

const PHONE = "(max-width: 480px), (max-height: 480px)";

export class Panel {
  constructor({ open, close, notices }) {
    this.notices = notices;
    this.onClose = close;
    this.phone = matchMedia(PHONE);
    this.launcher = button("", open, { class: "launcher", "aria-haspopup": "dialog", "aria-expanded": "false" });
    this.top = element("div", { class: "slot" });
    this.alerts = element("div", { class: "alerts", role: "alert" });
    this.offline = element("p", { class: "offline", role: "status", hidden: true });
    this.state = element("div", { class: "slot" });
    this.main = element("div", { class: "main" });
    this.foot = element("div", { class: "slot" });
    this.dialog = element("dialog", { class: "panel", "aria-labelledby": "title" }, this.top, this.notices, this.state, this.main, this.offline, this.alerts, this.foot);
    this.dialog.addEventListener("cancel", (event) => { event.preventDefault(); this.onClose(); });
    this.phone.addEventListener("change", () => this.#fit());
  }

  get isOpen() {
    return this.dialog.open;
  }

  open() {
    if (this.dialog.open) return;
    if (this.phone.matches) this.dialog.showModal();
    else this.dialog.show();
    this.launcher.hidden = true;
    this.launcher.setAttribute("aria-expanded", "true");
  }

  close() {
    if (!this.dialog.open) return;
    this.dialog.close();
    this.launcher.hidden = false;
    this.launcher.setAttribute("aria-expanded", "false");
    this.launcher.focus();
  }

  /** Turned or resized while open: modal as a phone's full screen, not modal beside the page. */
  #fit() {
    if (!this.dialog.open) return;
    const focused = this.dialog.getRootNode().activeElement;
    this.dialog.close();
    this.open();
    focused?.focus();
  }

  label(text, unread = 0, unreadText = "") {
    this.launcher.replaceChildren(icon("chat"), element("span", {}, text));
    if (unread) this.launcher.append(element("span", { class: "unread", "aria-hidden": "true" }, String(unread)), hidden(`（${unreadText}）`));
  }

  /** One problem at a time; `action` is {label, run}. */
  alert(text, action = null) {
    const actions = action ? [button(action.label, action.run, { class: "secondary" })] : [];
    this.alerts.replaceChildren(element("div", { class: "alert" }, icon("alert"), element("p", {}, text), ...actions));
  }

  /** A question that has to be answered before it happens; the harmless answer gets the focus. */
  confirm(text, answers) {
    const buttons = answers.map(({ label, run }, index) => button(label, run, { class: index ? "secondary" : "danger" }));
    this.alerts.replaceChildren(element("div", { class: "alert confirm" }, icon("alert"), element("p", {}, text), element("div", { class: "buttons" }, ...buttons)));
    buttons.at(-1).focus();
  }

  calm() {
    this.alerts.replaceChildren();
  }

  isOffline(text) {
    this.offline.textContent = text ?? "";
    this.offline.hidden = !text;
  }
}
