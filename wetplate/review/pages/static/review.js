// What a script adds to pages that work without one: keys, a sign of life for what somebody holds, countdowns,
// zoom, boxes drawn by hand. No text becomes markup here.

const SVG = "http://www.w3.org/2000/svg";
const ZOOMS = [0.5, 1, 2, 4, 8];
const first = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

keys();
countdowns();
held(first("[data-held]"));
once();
picture(first(".frame"));
drawing(first("[data-drawing]"));
first("#problems")?.focus();

/** One key each; never while somebody writes, or holds a modifier, or reads the list of keys. */
function keys() {
  const help = first("#keys");
  for (const button of all("[data-help]")) {
    button.hidden = !help;
    button.addEventListener("click", () => help.showModal());
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help?.open || writes(event.target)) return;
    if (pressed(event.key)) event.preventDefault();
  });
}

function writes(target) {
  return target.matches("textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])");
}

function pressed(key) {
  const toggle = { b: "#blur", g: "#grey", x: "#boxes" }[key];
  if (toggle) return first(toggle)?.click() ?? Boolean(first(toggle));
  if (/^[1-9]$/.test(key)) return reason(Number(key));
  const meant = all("[data-key]").find((each) => each.dataset.key === key && !each.hidden);
  if (!meant) return false;
  meant.click();
  if (meant.name === "decision") (shown()[0] ?? meant).focus();
  return true;
}

/** The reasons on offer for the decision that is chosen. */
function shown() {
  return all(".part[data-of] .reasons input[name^=reason-]").filter((each) => each.checkVisibility());
}

function reason(number) {
  const meant = shown()[number - 1];
  meant?.click();
  meant?.focus();
  return Boolean(meant);
}

/** Seconds until something counts; a page that says so is asked anew afterwards. */
function countdowns() {
  for (const span of all("[data-left]")) {
    const note = span.closest("[data-undo]");
    const until = Date.parse(note?.dataset.undo ?? span.dataset.until);
    const timer = setInterval(tick, 250);
    tick();

    function tick() {
      const left = Math.ceil((until - Date.now()) / 1000);
      span.textContent = `${Math.max(0, left)} s`;
      if (left > 0) return;
      clearInterval(timer);
      if (!note) return setTimeout(() => location.replace(location.pathname), 1500);
      for (const form of all("form", note)) form.remove();
      span.parentElement.lastChild.textContent = "";
      span.previousSibling.textContent = ". ";
      span.textContent = "Recorded.";
    }
  }
}

/** Says every third of the time that somebody is here, as long as the page is seen. */
function held(said) {
  if (!said) return;
  const form = first("[data-decide]");
  const seconds = Number(said.dataset.seconds);
  let until = Date.parse(said.dataset.held);
  tell();
  setInterval(tell, 1000);
  setInterval(renew, Math.max(5, seconds / 3) * 1000);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && renew());

  function tell() {
    const left = Math.max(0, Math.floor((until - Date.now()) / 1000));
    const text = left ? `Yours for ${left >= 90 ? `${Math.round(left / 60)} min` : `${Math.ceil(left / 5) * 5} s`}` : "Your hold ended: take it again";
    if (said.textContent !== text) said.textContent = text;
  }

  async function renew() {
    if (document.visibilityState !== "visible") return;
    const body = new URLSearchParams({ csrf: form.csrf.value, lease: form.lease.value });
    try {
      const answer = await fetch(`/task/${first("[data-task]").dataset.task}/renew`, { method: "POST", body });
      if (answer.ok) until = Date.parse((await answer.json()).until);
      else if (answer.status === 409) until = 0;
    } catch {
      // the network is away; the next sign of life may come through
    }
  }
}

/** A form is sent once. */
function once() {
  document.addEventListener("submit", (event) => {
    if (event.target.method === "dialog") return;
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "yes";
    setTimeout(() => delete event.target.dataset.sent, 3000);
  });
}

/** Zoom by keys and buttons, pan by dragging. */
function picture(frame) {
  if (!frame) return;
  const img = first("img", frame);
  const actual = first("#actual");
  let zoom = 0;
  for (const button of all("[data-zoom]")) {
    button.hidden = false;
    button.addEventListener("click", () => step(button.dataset.zoom));
  }
  actual.addEventListener("change", () => show(actual.checked ? 1 : 0));
  frame.addEventListener("dblclick", () => step(zoom ? "0" : "+"));
  frame.addEventListener("pointerdown", pan);

  function step(way) {
    const fits = img.getBoundingClientRect().width / img.naturalWidth;
    const now = zoom || fits;
    const next = { "+": ZOOMS.find((each) => each > now * 1.01), "-": ZOOMS.findLast((each) => each < now * 0.99), 0: 0 }[way];
    if (next !== undefined) show(way === "-" && !zoom ? 0 : next);
  }

  function show(next) {
    const [x, y] = [(frame.scrollLeft + frame.clientWidth / 2) / frame.scrollWidth, (frame.scrollTop + frame.clientHeight / 2) / frame.scrollHeight];
    zoom = next;
    actual.checked = zoom === 1;
    frame.toggleAttribute("data-zoomed", zoom > 0);
    img.style.width = zoom ? `${img.naturalWidth * zoom}px` : "";
    img.style.imageRendering = zoom >= 4 ? "pixelated" : "";
    frame.scrollTo(x * frame.scrollWidth - frame.clientWidth / 2, y * frame.scrollHeight - frame.clientHeight / 2);
  }

  function pan(event) {
    if (!zoom || event.pointerType !== "mouse" || frame.closest(".drawing")) return;
    event.preventDefault();
    frame.focus({ preventScroll: true });
    const from = [frame.scrollLeft + event.clientX, frame.scrollTop + event.clientY];
    const move = (moved) => frame.scrollTo(from[0] - moved.clientX, from[1] - moved.clientY);
    frame.setPointerCapture(event.pointerId);
    frame.addEventListener("pointermove", move);
    frame.addEventListener("pointerup", () => frame.removeEventListener("pointermove", move), { once: true });
  }
}

/** Boxes by numbers are shown; boxes that are drawn become numbers. */
function drawing(part) {
  const svg = first(".boxes");
  if (!part || !svg) return;
  const img = first(".canvas img");
  const stage = first(".stage");
  const button = first("[data-draw] button", part);
  const rows = all("[data-row]", part).map((row) => all("input", row));
  button.parentElement.hidden = false;
  button.addEventListener("click", () => arm(!stage.classList.contains("drawing")));
  part.addEventListener("input", draw);
  first(".canvas").addEventListener("pointerdown", begin);
  document.addEventListener("keydown", (event) => event.key === "Escape" && arm(false));
  draw();

  function arm(on) {
    stage.classList.toggle("drawing", on);
    button.setAttribute("aria-pressed", String(on));
    button.textContent = on ? "Draw on the picture (Esc ends)" : "Draw a box";
  }

  function begin(event) {
    if (!stage.classList.contains("drawing")) return;
    event.preventDefault();
    const from = at(event);
    const row = rows.find((each) => each.every((input) => !input.value)) ?? rows.at(-1);
    const move = (moved) => fill(row, from, at(moved));
    const canvas = event.currentTarget;
    canvas.setPointerCapture(event.pointerId);
    canvas.addEventListener("pointermove", move);
    canvas.addEventListener("pointerup", () => (canvas.removeEventListener("pointermove", move), arm(false)), { once: true });
  }

  function at(event) {
    const shown = img.getBoundingClientRect();
    const [x, y] = [(event.clientX - shown.left) / shown.width, (event.clientY - shown.top) / shown.height];
    const within = (share, size) => Math.round(Math.min(1, Math.max(0, share)) * size);
    return [within(x, img.naturalWidth), within(y, img.naturalHeight)];
  }

  function fill(row, [x, y], [right, bottom]) {
    const values = [Math.min(x, right), Math.min(y, bottom), Math.abs(right - x), Math.abs(bottom - y)];
    row.forEach((input, number) => (input.value = values[number]));
    draw();
  }

  function draw() {
    for (const rect of all(".drawn", svg)) rect.remove();
    for (const row of rows) {
      const values = row.map((input) => input.value);
      if (!values.every(Boolean)) continue;
      for (const kind of ["under drawn", "drawn"]) {
        const rect = document.createElementNS(SVG, "rect");
        rect.setAttribute("class", kind);
        ["x", "y", "width", "height"].forEach((name, number) => rect.setAttribute(name, values[number]));
        svg.append(rect);
      }
    }
  }
}
