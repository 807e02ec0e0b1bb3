// Keeps the first page fresh: every half minute its content is asked for again and put in place of what is shown.
// Nothing is touched while the page is hidden, or while somebody is in the middle of it.
"use strict";

const EVERY_MS = 30000;
const main = () => document.getElementById("main");
let isAsking = false;

function isInUse() {
  const held = document.activeElement;
  const chosen = document.getSelection();
  const isChosen = chosen !== null && !chosen.isCollapsed && main().contains(chosen.anchorNode);
  return isChosen || (held !== null && held !== document.body && main().contains(held));
}

function say(words) {
  let line = document.getElementById("stale");
  if (!words) {
    if (line) line.remove();
    return;
  }
  if (!line) {
    line = document.createElement("p");
    line.id = "stale";
    line.className = "need";
    line.setAttribute("role", "alert");
    main().prepend(line);
  }
  line.textContent = words;
}

async function renew() {
  if (document.hidden || isAsking || isInUse()) return;
  isAsking = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "manual" });
    if (answer.type === "opaqueredirect") {
      say("You are not signed in any more, so what is shown here is old. Load the page again.");
      return;
    }
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const [content, foot] = [fresh.getElementById("main"), fresh.querySelector(".foot")];
    if (content && !isInUse()) {
      main().replaceWith(content);
      document.querySelector(".foot").replaceWith(foot);
      document.title = fresh.title;
    }
    say("");
    main().dataset.renewed = "yes";
  } catch {
    say("The monitor does not answer. What is shown here is old; see whether it runs.");
  } finally {
    isAsking = false;
  }
}

setInterval(renew, EVERY_MS);
document.addEventListener("visibilitychange", renew);
