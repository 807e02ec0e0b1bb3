// Numbers the lines, asks while one types what the text would change, and marks the lines that have a fault.
"use strict";

const PAUSE_MS = 500;
const LOOKS_MAX = 60;
const LOOK_MS = 1000;

const area = document.getElementById("text");
const paper = area && area.closest(".paper");
const gutter = paper && paper.querySelector(".gutter");
const marks = paper && paper.querySelector(".marks");
const outcome = document.getElementById("outcome");
const form = document.getElementById("edit");
let faulty = new Set();
let numbered = "";
let began = area ? area.value : "";
let asked = began;
let timer = 0;
let running = null;

function parts(html) {
  return new DOMParser().parseFromString(html, "text/html").body.childNodes;
}

function number() {
  const count = area.value.split("\n").length;
  const wanted = `${count}|${[...faulty].join()}`;
  if (wanted === numbered) return;
  numbered = wanted;
  const list = document.createElement("pre");
  let plain = [];
  for (let line = 1; line <= count; line += 1) {
    if (!faulty.has(line)) {
      plain.push(line);
      continue;
    }
    const mark = document.createElement("b");
    mark.textContent = line;
    list.append(plain.length ? `${plain.join("\n")}\n` : "", mark, "\n");
    plain = [];
  }
  list.append(plain.join("\n"));
  gutter.replaceChildren(list);
}

function follow() {
  const list = gutter.firstElementChild;
  if (list) list.style.transform = `translateY(${-area.scrollTop}px)`;
  marks.style.transform = `translateY(${-area.scrollTop}px)`;
}

function step() {
  return parseFloat(getComputedStyle(area).lineHeight);
}

function mark() {
  faulty = new Set([...outcome.querySelectorAll("li[data-line]")].map((one) => Number(one.dataset.line)));
  const above = parseFloat(getComputedStyle(area).paddingTop);
  marks.replaceChildren(...[...faulty].slice(0, 100).map((line) => {
    const bar = document.createElement("i");
    bar.style.top = `${above + (line - 1) * step()}px`;
    return bar;
  }));
  number();
  follow();
}

function jump(line) {
  const lines = area.value.split("\n");
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[line - 1] || "").length);
  area.scrollTop = Math.max((line - 5) * step(), 0);
}

async function ask() {
  if (area.value === asked && !outcome.classList.contains("is-old")) return;
  asked = area.value;
  if (running) running.abort();
  const mine = (running = new AbortController());
  outcome.classList.add("working");
  try {
    const body = new URLSearchParams({ csrf: form.elements.csrf.value, text: area.value });
    const answer = await fetch("/watchlist/plan", { method: "POST", body, signal: mine.signal });
    if (!answer.ok) throw new Error(answer.statusText);
    const found = parts(await answer.text());
    if (mine !== running) return;
    outcome.replaceChildren(...found);
    outcome.classList.remove("is-old");
    mark();
  } catch (error) {
    if (error.name !== "AbortError") asked = null; // no word from the server: the button still asks
  } finally {
    if (mine === running) outcome.classList.remove("working");
  }
}

async function look(left) {
  const shown = document.getElementById("state");
  if (!shown || !left || shown.firstElementChild.dataset.state !== "coming") return;
  try {
    const answer = await fetch("/watchlist/state");
    if (answer.ok) shown.replaceChildren(...parts(await answer.text()));
  } catch {
    return;
  }
  const now = shown.querySelector("[data-state]");
  if (now && now.dataset.state === "in force") {
    const done = document.querySelector(".done");
    if (done) done.remove();
  }
  setTimeout(look, LOOK_MS, left - 1);
}

if (area) {
  area.addEventListener("scroll", follow);
  new ResizeObserver(() => { gutter.style.height = `${area.offsetHeight}px`; }).observe(area);
  mark();
}
if (form) {
  area.addEventListener("input", () => {
    outcome.classList.add("is-old");
    number();
    marks.replaceChildren();
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  });
  outcome.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-goto]");
    if (!link) return;
    event.preventDefault();
    jump(Number(link.dataset.goto));
  });
  form.addEventListener("submit", () => { began = area.value; });
  addEventListener("beforeunload", (event) => { if (area.value !== began) event.preventDefault(); });
}
setTimeout(look, LOOK_MS, LOOKS_MAX);
