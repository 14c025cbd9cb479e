// How the films are moved, lit and divided: by the mouse, by fingers, by keys, and by the fields below them.
import { $ } from "./asking.js";
import { MOST, STRIP, panes, redraw, relight, reset, restrike, view } from "./viewer.js";

const NEAR = { mouse: 10, touch: 22, pen: 16 }; // pixels from the divider that still take hold of it
const fingers = new Map();
let hold = null; // what the pointer that is down does: "divider", "move" or "light"

const within = (value, low, high) => Math.min(high, Math.max(low, value));
const place = (stage, event) => {
  const box = stage.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
};

export function layout(name) {
  view.layout = name;
  $(`layout${name}`).checked = true;
  redraw();
}

function divide(share) {
  view.split = within(share, 0, 1);
  redraw();
}

// A change of the light as large as the way of the pointer: across for the window, up for the level.
function light(dx, dy) {
  view.window = within(view.window + dx / 3, 5, 300);
  view.level = within(view.level + dy / 4, -50, 150);
  relight();
}

function move(pane, dx, dy) {
  const by = pane.scale(pane.pieces()[0].width);
  view.x = within(view.x - dx / by / pane.film.width, 0, 1);
  view.y = within(view.y - dy / by / pane.film.height, 0, 1);
  redraw();
}

// Enlarges by a factor; what lies below a place of a pane, its middle where none is given, stays there.
function enlarge(pane, factor, at = middle(pane.stage)) {
  const { film, stage } = pane, pieces = pane.pieces();
  const piece = pieces.find((one) => at.x >= one.from && at.x <= one.from + one.width) || pieces[0];
  const before = pane.scale(piece.width), zoom = within(view.zoom * factor, 1, MOST);
  const grown = zoom / view.zoom, dx = at.x - piece.from - piece.width / 2, dy = at.y - (stage.clientHeight - STRIP) / 2;
  view.zoom = zoom;
  if (zoom === 1) Object.assign(view, { x: 0.5, y: 0.5 });
  else {
    view.x = within(view.x + (dx / before / film.width) * (1 - 1 / grown), 0, 1);
    view.y = within(view.y + (dy / before / film.height) * (1 - 1 / grown), 0, 1);
  }
  redraw();
}

const middle = (stage) => ({ x: stage.clientWidth / 2, y: (stage.clientHeight - STRIP) / 2 });

function listen(pane) {
  const { stage } = pane;
  stage.addEventListener("pointerdown", (event) => {
    if (!pane.film || event.button > 1) return;
    const at = place(stage, event);
    fingers.set(event.pointerId, at);
    const near = Math.abs(at.x - view.split * stage.clientWidth) <= NEAR[event.pointerType || "mouse"];
    const divided = pane.made && view.layout === "divider";
    hold = divided && near ? "divider" : event.pointerType === "touch" || event.button === 1 || event.shiftKey ? "move" : "light";
    stage.setPointerCapture(event.pointerId);
    if (event.button === 1) event.preventDefault();
  });
  stage.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId), now = place(stage, event);
    if (!before) return;
    if (fingers.size === 2) pinch(pane, event.pointerId, before, now);
    else if (hold === "divider") divide(now.x / stage.clientWidth);
    else if (hold === "move" && view.zoom > 1) move(pane, now.x - before.x, now.y - before.y);
    else if (hold === "light") light(now.x - before.x, now.y - before.y);
    fingers.set(event.pointerId, now);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    stage.addEventListener(end, (event) => {
      fingers.delete(event.pointerId);
      if (!fingers.size) hold = null;
    });
  }
  stage.addEventListener("wheel", (event) => {
    if (!pane.film) return;
    event.preventDefault();
    enlarge(pane, Math.exp(-event.deltaY / 400), place(stage, event));
  }, { passive: false });
  stage.addEventListener("dblclick", reset);
  stage.addEventListener("keydown", (event) => {
    const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || !pane.film || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act(pane);
  });
}

function pinch(pane, id, before, now) {
  const [[, other]] = [...fingers].filter(([one]) => one !== id);
  const far = (one) => Math.hypot(one.x - other.x, one.y - other.y);
  enlarge(pane, far(now) / Math.max(far(before), 1), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
}

const STEP = 40; // pixels that an arrow moves the film by
const KEYS = {
  ArrowLeft: (pane) => (view.zoom > 1 ? move(pane, STEP, 0) : divide(view.split - 0.02)),
  ArrowRight: (pane) => (view.zoom > 1 ? move(pane, -STEP, 0) : divide(view.split + 0.02)),
  ArrowUp: (pane) => move(pane, 0, view.zoom > 1 ? STEP : 0),
  ArrowDown: (pane) => move(pane, 0, view.zoom > 1 ? -STEP : 0),
  "+": (pane) => enlarge(pane, 1.25),
  "-": (pane) => enlarge(pane, 0.8),
  b: blink,
  d: () => layout("divider"),
  s: () => layout("beside"),
  i: () => { view.invert = !view.invert; relight(); },
  r: reset,
};

// The other of the two films, in the same place.
function blink() {
  if (view.layout === "blink") view.synthetic = !view.synthetic;
  layout("blink");
}

for (const pane of panes) listen(pane);
for (const name of ["divider", "beside", "blink"]) $(`layout${name}`).addEventListener("change", () => layout(name));
$("swap").addEventListener("click", blink);
$("slider").addEventListener("input", () => divide(Number($("slider").value) / 100));
$("zoom").addEventListener("input", () => panes[0].film && enlarge(panes[0], Number($("zoom").value) / view.zoom));
$("window").addEventListener("input", () => { view.window = within(Number($("window").value) || 100, 5, 300); relight(); });
$("level").addEventListener("input", () => { view.level = within(Number($("level").value), -50, 150); relight(); });
$("invert").addEventListener("input", () => { view.invert = $("invert").checked; relight(); });
$("reset").addEventListener("click", reset);
for (const id of ["showdifference", "showcontours", "showlesions", "opacity", "threshold"]) {
  $(id).addEventListener("input", () => {
    $("tint").hidden = !$("showdifference").checked;
    $("lines").hidden = !$("showcontours").checked;
    $("asklines").hidden = !$("showlesions").checked;
    $("least").textContent = `${$("threshold").value} %`;
    restrike();
  });
}
