// The one script a web site embeds. Registers <madoguchi-chat> and adds one to the page unless the page has its own.
import { MadoguchiChat } from "./chat.js";

if (!customElements.get("madoguchi-chat")) {
  customElements.define("madoguchi-chat", MadoguchiChat);
}

// document.currentScript is null in a module, so the tag is found by its address.
const tag = [...document.querySelectorAll("script[type=module][src]")].find((script) => script.src === import.meta.url);

function embed() {
  if (document.querySelector("madoguchi-chat")) return;
  const chat = document.createElement("madoguchi-chat");
  for (const name of ["municipality", "language"]) {
    const value = tag?.dataset[name];
    if (value) chat.setAttribute(name, value);
  }
  document.body.append(chat);
}

if (tag) embed();
