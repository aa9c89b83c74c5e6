/* Tries the question while it is being typed: sends the form as it is and takes over the result of the page that comes back.
   Without this module the button does the same; a conversation goes on only by the button, not with every letter. */

const PAUSE = 400;

function live(form) {
  const result = document.querySelector("[data-result]");
  let timer = 0;
  let running = null;

  async function send() {
    const text = form.elements.text.value.trim();
    if (!text) return;
    running?.abort();
    running = new AbortController();
    const { signal } = running;
    result.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(form.action, { method: "POST", body: new FormData(form), signal });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = page.querySelector("[data-result]");
      if (!fresh) throw new Error(String(response.status));
      result.replaceChildren(...fresh.childNodes);
    } catch (error) {
      if (error.name === "AbortError") return;
      const problem = document.createElement("p");
      problem.className = "message problem";
      problem.setAttribute("role", "alert");
      problem.textContent = form.dataset.failed;
      result.replaceChildren(problem);
    }
    result.removeAttribute("aria-busy");
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(send, PAUSE);
  }

  form.elements.text.addEventListener("input", (event) => event.isComposing || later());
  form.elements.text.addEventListener("compositionend", later);
  form.elements.article.addEventListener("change", send);
}

for (const form of document.querySelectorAll("form[data-live]")) live(form);
