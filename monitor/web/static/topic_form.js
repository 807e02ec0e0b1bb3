// Asks, while one fills in the form, what it would change, and puts the answer beside it and each fault at its field.
"use strict";

const PAUSE_MS = 600;

const form = document.getElementById("topic-form");
const proposal = document.getElementById("proposal");
let timer = 0;
let running = null;

function take(found) {
  proposal.replaceChildren(...found.getElementById("proposal").childNodes);
  for (const place of form.querySelectorAll("[data-faults]")) {
    const said = found.getElementById(place.id);
    place.replaceChildren(...said.childNodes);
    const of = form.querySelector(`[aria-describedby~="${place.id}"]`);
    if (place.childElementCount) of.setAttribute("aria-invalid", "true");
    else of.removeAttribute("aria-invalid");
  }
}

async function ask() {
  clearTimeout(timer);
  if (running) running.abort();
  const mine = (running = new AbortController());
  proposal.classList.add("working");
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), signal: mine.signal });
    if (!answer.ok) throw new Error(answer.statusText);
    const text = await answer.text();
    if (mine !== running) return;
    take(new DOMParser().parseFromString(text, "text/html"));
    proposal.classList.remove("is-old");
  } catch (error) {
    if (error.name !== "AbortError") return; // no word from the server: the button still asks
  } finally {
    if (mine === running) proposal.classList.remove("working");
  }
}

if (form) {
  form.addEventListener("input", () => {
    proposal.classList.add("is-old");
    const apply = proposal.querySelector("[data-apply]");
    if (apply) apply.disabled = true; // it would write what is shown, not what is typed
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  });
}
