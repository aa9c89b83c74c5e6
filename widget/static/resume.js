// The page of a resume link: this tab remembers the conversation and opens it. Without this script its form does.
import "./madoguchi.js";
import { Session } from "./session.js";

const form = document.querySelector("form[data-resume]");

if (form) {
  const { municipality, language } = form.dataset;
  const conversation = form.elements.conversation.value;
  const session = new Session(municipality);
  // Last of all, so that it is the one that goes on.
  session.forget(conversation);
  session.remember(conversation);
  session.language = language;
  // The secret of the link stays neither in the address bar nor in the history.
  history.replaceState(null, "", "/");
  const chat = document.createElement("madoguchi-chat");
  chat.setAttribute("municipality", municipality);
  document.body.append(chat);
  const open = () => chat.open();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    open();
  });
  open();
}
