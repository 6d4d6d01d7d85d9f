// What only a script can know: placeholders before pictures, which file this browser chose, what its answer
// carried. Everything else on the page works without.

import { hold } from "./placeholder.js";

const SHOWN = [
  "content-type", "content-length", "cache-control", "cdn-cache-control", "age", "cache-status", "etag", "vary",
  "server-timing", "surrogate-key", "content-security-policy", "x-request-id",
];

for (const img of document.querySelectorAll("img[data-thumbhash]")) hold(img, img.dataset.thumbhash);

const delivered = document.querySelector("[data-headers]")?.closest("section");
if (delivered) watch(delivered, document.querySelector(".stage img"));

for (const snippet of document.querySelectorAll(".snippet")) {
  const code = snippet.querySelector("code");
  code.textContent = code.textContent.replaceAll("https://images.example", location.origin);
  offerCopy(snippet);
}

/** Says which file the browser chose, each time it chooses one, and what its answer carries. */
function watch(section, img) {
  const again = section.querySelector("[data-again]");
  const told = () => tell(section, new URL(img.currentSrc || img.src).pathname);
  again.hidden = false;
  again.addEventListener("click", told);
  img.addEventListener("load", told);
  if (img.complete) told();
}

async function tell(section, path) {
  for (const row of document.querySelectorAll(".files tr[data-path]")) {
    if (row.dataset.path === path) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
  const said = section.querySelector("[data-said]");
  const began = performance.now();
  try {
    const answer = await fetch(path, { cache: "no-store" });
    const bytes = (await answer.arrayBuffer()).byteLength;
    const took = Math.max(1, Math.round(performance.now() - began));
    said.textContent = `${path.split("/").pop()}: ${answer.status}, ${bytes.toLocaleString("en")} bytes in ${took} ms, past this browser's own cache.`;
    const names = SHOWN.filter((name) => answer.headers.has(name));
    section.querySelector("[data-headers]").replaceChildren(...names.map((name) => pair(name, answer.headers.get(name))));
  } catch {
    said.textContent = "No answer: the service is away. Ask again in a moment.";
  }
}

function pair(name, value) {
  const [row, term, text] = ["div", "dt", "dd"].map((tag) => document.createElement(tag));
  term.textContent = name;
  text.textContent = value;
  row.append(term, text);
  return row;
}

function offerCopy(snippet) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Copy" });
  const title = snippet.querySelector("h3");
  button.setAttribute("aria-label", `Copy ${title.textContent}`);
  const bar = Object.assign(document.createElement("div"), { className: "bar" });
  title.replaceWith(bar);
  bar.append(title, button);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(snippet.querySelector("code").textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
}
