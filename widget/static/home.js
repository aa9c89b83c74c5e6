// The demo page: its search field and menu ask the widget. Without this script the same forms are sent to /ask.
for (const form of document.querySelectorAll("form[data-asks]")) {
  form.addEventListener("submit", (event) => {
    const chat = document.querySelector("madoguchi-chat");
    const field = form.querySelector("input[name=text]");
    const text = event.submitter?.name === "text" ? event.submitter.value : field?.value.trim();
    if (!chat?.ask) return;
    event.preventDefault();
    if (text) chat.ask(text);
    else chat.open();
    if (field) field.value = "";
  });
}
