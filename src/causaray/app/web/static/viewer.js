// The films that are compared: a divider of the view, both side by side, or one in turn with the other.
// A page has one pane, or several that show edits of one film; all are moved, lit and divided together.
import { $ } from "./asking.js";
import { changed, lit, outlined, tinted } from "./pixels.js";

const PLAIN = { window: 100, level: 50, invert: false, zoom: 1, x: 0.5, y: 0.5 };
export const STRIP = 22; // pixels below the films, where SYNTHETIC is written and nothing is covered by it
export const MOST = 8; // times that the film is enlarged

// x and y are the place of the film that lies in the middle, split the place of the divider: shares from 0 to 1.
export const view = { ...PLAIN, split: 0.5, layout: "divider", synthetic: true };

// One canvas within a frame, with the names of what it shows above it.
class Pane {
  constructor(frame) {
    const find = (name) => frame.querySelector(name);
    Object.assign(this, { stage: find(".stage"), canvas: find("canvas"), edge: find(".edge") });
    this.names = { factual: find(".name.factual"), synthetic: find(".name.synthetic") };
    Object.assign(this, { film: null, made: null, change: null, lesions: null, limit: 1, sheets: {} });
  }

  // A film alone, before it is edited.
  look(film) {
    Object.assign(this, { film, made: null, change: null, lesions: null, limit: 1 });
    relight();
  }

  // A film and its edit: change as it comes from the server, lesions an image of lines or null.
  compare(film, change, limit, lesions) {
    Object.assign(this, { film, change, limit, lesions, made: changed(film, change, limit) });
    relight();
  }

  once(name, make) {
    return (this.sheets[name] ??= make());
  }

  // What is shown where: pieces of the view in CSS pixels, each of a pane of the same size as the others.
  pieces() {
    const width = this.stage.clientWidth, whole = { left: 0, right: width, from: 0, width };
    if (!this.made) return [{ ...whole, name: "factual" }];
    if (view.layout === "blink") return [{ ...whole, name: view.synthetic ? "synthetic" : "factual" }];
    const at = width * (view.layout === "beside" ? 0.5 : view.split), half = { width: width / 2 };
    const beside = view.layout === "beside";
    return [
      { ...whole, right: at, name: "factual", ...(beside && half) },
      { ...whole, left: at, name: "synthetic", ...(beside && { ...half, from: at }) },
    ].filter((piece) => piece.right > piece.left);
  }

  // CSS pixels a pixel of the film, in a pane so wide.
  scale(width) {
    return view.zoom * Math.min(width / this.film.width, (this.stage.clientHeight - STRIP) / this.film.height);
  }

  draw() {
    const { stage, canvas } = this, ratio = devicePixelRatio || 1;
    if (!this.film || !stage.clientWidth) return;
    const width = stage.clientWidth, height = stage.clientHeight;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, width, height);
    for (const piece of this.pieces()) this.piece(context, piece, height - STRIP);
    this.name(width);
  }

  piece(context, piece, height) {
    const { width, height: rows } = this.film, by = this.scale(piece.width);
    const left = piece.from + piece.width / 2 - view.x * width * by, top = height / 2 - view.y * rows * by;
    const lay = (one) => one && context.drawImage(one, left, top, width * by, rows * by);
    context.save();
    context.beginPath();
    context.rect(piece.left, 0, piece.right - piece.left, height);
    context.clip();
    lay(this.once(piece.name, () => lit(piece.name === "synthetic" ? this.made : this.film, view)));
    if (this.change) {
      if ($("showdifference").checked) lay(this.once("tint", () => tinted(this.change, Number($("opacity").value) / 100)));
      if ($("showcontours").checked) lay(this.once("lines", () => outlined(this.change, this.limit, Number($("threshold").value) / 100)));
      if (this.lesions && $("showlesions").checked) lay(this.lesions);
    }
    sides(context, Math.max(left, piece.from), Math.min(left + width * by, piece.from + piece.width), Math.max(top, 0));
    context.restore();
    if (piece.name === "synthetic") mark(context, piece, height);
  }

  // The names above the films are as wide as what they name, and the divider lies where it is.
  name(width) {
    for (const [name, label] of Object.entries(this.names)) {
      const piece = this.pieces().find((one) => one.name === name);
      label.hidden = !piece;
      if (piece) label.style.width = `${(100 * (piece.right - piece.left)) / width}%`;
    }
    this.edge.hidden = !this.made || view.layout !== "divider";
    this.edge.style.left = `${100 * view.split}%`;
    this.stage.style.touchAction = view.zoom > 1 ? "none" : "pan-y";
  }
}

export const panes = [];
let waiting = false;

export function reset() {
  Object.assign(view, PLAIN);
  relight();
}

// Window, level or a film are others.
export function relight() {
  for (const pane of panes) pane.sheets = {};
  redraw();
}

// The lines about what changed, or the colours, are others.
export function restrike() {
  for (const pane of panes) {
    delete pane.sheets.lines;
    delete pane.sheets.tint;
  }
  redraw();
}

export function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    for (const pane of panes) pane.draw();
    controls();
  });
}

// R and L, at the upper corners of what is seen of the film: the patient's right is left in the picture.
function sides(context, left, right, top) {
  context.font = "600 14px system-ui, sans-serif";
  context.fillStyle = "#fff";
  context.strokeStyle = "#000";
  context.lineWidth = 3;
  for (const [text, x, align] of [["R", left + 8, "left"], ["L", right - 8, "right"]]) {
    context.textAlign = align;
    context.strokeText(text, x, top + 20);
    context.fillText(text, x, top + 20);
  }
}

function mark(context, piece, height) {
  context.save();
  context.beginPath();
  context.rect(piece.left, height, piece.right - piece.left, STRIP);
  context.clip();
  context.font = "600 13px system-ui, sans-serif";
  context.textAlign = "right";
  context.fillStyle = "#ffb18a";
  context.fillText("SYNTHETIC", piece.right - 8, height + 16);
  context.restore();
}

// The fields below the films say how they are shown.
function controls() {
  const edited = panes.some((pane) => pane.made);
  $("wipe").hidden = !edited || view.layout !== "divider";
  $("slider").value = Math.round(100 * view.split);
  $("swap").hidden = !edited || view.layout !== "blink";
  for (const name of ["window", "level"]) if (document.activeElement !== $(name)) $(name).value = Math.round(view[name]);
  $("zoom").value = view.zoom;
  $("invert").checked = view.invert;
}

const sized = new ResizeObserver(redraw);
for (const frame of document.querySelectorAll(".frame")) {
  const pane = new Pane(frame);
  panes.push(pane);
  sized.observe(pane.stage);
}
