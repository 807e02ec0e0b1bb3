// What each level would find, shown beside the scores as soon as another is chosen. Without this it is a page of its own.
"use strict";
(() => {
  const form = document.querySelector("[data-level-form]");
  const answer = document.getElementById("level-answer");
  if (!form || !answer) return;
  const go = form.querySelector("[data-level-go]");
  let asked = 0;
  const show = async () => {
    const level = new FormData(form).get("level");
    const mine = ++asked;
    for (const line of document.querySelectorAll("svg .threshold")) line.classList.toggle("chosen", line.dataset.level === level || line.dataset.level === "bar");
    answer.setAttribute("aria-busy", "true");
    try {
      const found = await fetch(form.action + "?part=1&level=" + encodeURIComponent(level), { headers: { Accept: "text/html" } });
      const text = await found.text();
      if (mine !== asked) return;
      if (!found.ok) throw new Error(String(found.status));
      const parsed = new DOMParser().parseFromString(text, "text/html");
      answer.replaceChildren(...parsed.body.childNodes);
    } catch {
      if (mine === asked) answer.textContent = "It could not be looked up; use the button instead.";
    } finally {
      if (mine === asked) answer.removeAttribute("aria-busy");
    }
  };
  form.addEventListener("change", show);
  form.addEventListener("submit", (event) => { event.preventDefault(); show(); });
  if (go) go.textContent = "See what it would change";
})();
