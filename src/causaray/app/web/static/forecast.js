// The page of forecasts: films of each treatment under a slider of days, curves with intervals, and how sure all is.
import { $, ask, follow, hand, png, say } from "./asking.js";
import { ARMS, curves, ends } from "./curves.js";
import { film, onFilm, showExamples, take } from "./film.js";
import { made, row } from "./parts.js";
import { lit } from "./pixels.js";
import { tell, working } from "./progress.js";

const state = { abort: null, facts: null, answer: null, plots: [], name: "" };
const chosen = () => [...$("treatments").querySelectorAll("input:checked")].map((one) => one.value);
const asText = (value, [low, high]) => `${value.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;

async function known() {
  const facts = (state.facts = await (await ask("v1/forecast")).json());
  $("phantoms").hidden = !facts.phantoms;
  $("weights").textContent = facts.weights;
  for (const name of facts.treatments) {
    const label = made("label"), box = made("input");
    Object.assign(box, { type: "checkbox", value: name, checked: facts.treatments.indexOf(name) < ARMS });
    box.addEventListener("change", offerReferences);
    label.append(box, ` ${name}`);
    $("treatments").append(label);
  }
  offerReferences();
  $("known").replaceChildren(...facts.columns.map(field));
  showExamples(await (await ask("examples")).json());
  take($("image").files[0]); // after Back the browser still has it
}

// Differences are to one of the treatments that are chosen; the first of the model, where it can be.
function offerReferences() {
  const names = chosen(), before = $("reference").value;
  $("reference").replaceChildren(...names.map((name) => new Option(name, name)));
  if (names.includes(before)) $("reference").value = before;
  say("", "treatmenterror");
}

function field({ name, values }) {
  const label = made("label", `${name} `), cell = made(values.length ? "select" : "input");
  cell.dataset.column = name;
  if (values.length) cell.append(new Option("not known", ""), ...values.map((value) => new Option(value, value)));
  else Object.assign(cell, { type: "number", step: "any" });
  label.append(cell);
  return label;
}

function cells() {
  const filled = [...$("known").querySelectorAll("[data-column]")].filter((one) => one.value !== "");
  return Object.fromEntries(filled.map((one) => [one.dataset.column, one.type === "number" ? Number(one.value) : one.value]));
}

// What is missing or wrong is said beside its field.
function lacks() {
  const days = $("days").value.split(",").map((day) => Number(day.trim() || NaN)), { horizon } = state.facts;
  const rising = days.every((day, i) => day > (i ? days[i - 1] : 0) && day <= horizon);
  const faults = [
    { wrong: !film.file, where: "filmerror", text: $("filmerror").textContent || "Choose a radiograph first.", field: "image" },
    { wrong: !chosen().length || chosen().length > ARMS, where: "treatmenterror", text: `Choose 1 to ${ARMS} treatments.`, field: "reference" },
    { wrong: !rising, where: "dayserror", text: `Name days from 1 to ${horizon}, each later than the one before, such as 30, 90, 365.`, field: "days" },
    { wrong: !/^\d+$/.test($("seed").value), where: "seederror", text: "A seed is a whole number from 0.", field: "seed" },
  ];
  for (const { wrong, where, text } of faults) say(wrong ? text : "", where);
  const first = faults.find(({ wrong }) => wrong);
  if (first) $(first.field).focus();
  return Boolean(first);
}

function ordered() {
  const reference = $("reference").value, arms = [...chosen().filter((name) => name !== reference), reference];
  return [
    ["image", film.file], ...arms.map((name) => ["treatment", name]), ["days", $("days").value.replaceAll(" ", "")],
    ["seed", $("seed").value], ["known", JSON.stringify(cells())],
  ];
}

$("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  say("");
  if ($("run").disabled || lacks()) return;
  state.abort = new AbortController();
  const { name } = film.file, grey = film.grey;
  working(true);
  try {
    const answer = await follow("v1/forecast", ordered(), state.abort.signal, (line) => tell(line, (done, total) => `Edited ${done} of ${total} films`));
    if (film.grey !== grey) throw new Error(`Another radiograph was chosen; the forecast of ${name} is not shown.`);
    show(answer, name);
  } catch (error) {
    say(error.name === "AbortError" ? "Cancelled; nothing of it is shown." : error.message);
  } finally { working(false); }
});
$("cancel").addEventListener("click", () => state.abort.abort());

// the result

function show(answer, name) {
  Object.assign(state, { answer, name });
  const { forecast, films } = answer, arms = Object.keys(forecast.arms);
  $("told").hidden = false;
  $("preview").hidden = $("empty").hidden = true;
  $("title").textContent = `${name}: films of each treatment`;
  $("films").replaceChildren(...arms.map((arm, i) => {
    const figure = made("figure"), caption = made("figcaption"), image = made("img");
    image.src = png(films[arm][0]);
    caption.append(made("strong", arm, `swatch arm${i}`), " ", made("span", "", "said"));
    figure.append(image, caption);
    return figure;
  }));
  $("key").replaceChildren(...arms.map((arm, i) => made("span", arm, `swatch arm${i}`)), made("span", `line: mean of the courses; band: ${Math.round(100 * forecast.interval)} % of them`));
  draw(answer);
  $("sentences").replaceChildren(...forecast.statement.map((sentence) => made("li", sentence)));
  $("slider").max = forecast.days.length - 1;
  $("slider").value = forecast.days.length - 1;
  at();
  if (matchMedia("(max-width: 52rem)").matches) $("title").scrollIntoView({ behavior: "smooth" });
}

// All curves of an outcome are on the scale of what it may be, differences on as much to either side.
function draw({ curves: record }) {
  const { outcomes, ranges } = state.facts;
  const courses = outcomes.map((outcome, j) => curves(record, outcome, outcome, ends(record.arms, outcome, ranges[j])));
  const differences = Object.entries(record.differences).flatMap(([pair, found]) => outcomes.map((outcome, j) => {
    const arms = { [pair]: found }, far = Math.max(ranges[j][1] - ranges[j][0], ...ends(arms, outcome, [0, 0]).map(Math.abs));
    return curves({ days: record.days, arms }, outcome, `${outcome}: ${pair}`, [-far, far]);
  }));
  state.plots = [...courses, ...differences];
  $("curves").replaceChildren(...courses.map((plot) => plot.figure));
  $("differences").replaceChildren(...differences.map((plot) => plot.figure));
  $("against").hidden = !differences.length;
}

// What there is of the day of the slider.
function at() {
  const i = Number($("slider").value), { forecast, films, findings } = state.answer, day = forecast.days[i];
  const when = i ? `day ${day}, synthetic` : "day 0, as it is";
  $("day").textContent = when;
  $("slider").setAttribute("aria-valuetext", when);
  Object.keys(forecast.arms).forEach((arm, k) => {
    const figure = $("films").children[k], said = i ? `SYNTHETIC, day ${day}: ${findings[arm][i]}` : "the radiograph as it is";
    figure.querySelector("img").src = png(films[arm][i]);
    figure.querySelector("img").alt = `${state.name}, treatment ${arm}, ${said}`;
    figure.querySelector(".said").textContent = said;
  });
  for (const plot of state.plots) plot.at(day);
  $("tabletitle").textContent = `Figures of day ${day}`;
  $("head").replaceChildren(row(["Outcome", ...Object.keys(forecast.arms), ...Object.keys(forecast.differences)], true));
  const both = { ...forecast.arms, ...forecast.differences };
  $("measured").replaceChildren(...state.facts.outcomes.map((outcome) => row([outcome, ...Object.values(both).map((one) => {
    const { value, low, high } = one[outcome];
    return made("span", asText(value[i], [low[i], high[i]]), "number");
  })])));
}

onFilm(() => {
  $("told").hidden = true;
  $("preview").hidden = !film.grey;
  $("empty").hidden = Boolean(film.grey);
  if (!film.grey) return;
  const caption = made("figcaption", `${film.file.name}, the radiograph of day 0`, "quiet");
  $("preview").replaceChildren(lit(film.grey, { window: 100, level: 50, invert: false }), caption);
});
$("slider").addEventListener("input", at);
$("days").addEventListener("input", () => say("", "dayserror"));
$("seed").addEventListener("input", () => say("", "seederror"));
$("save").addEventListener("click", () => hand(new Blob([JSON.stringify(state.answer.forecast, null, 1)], { type: "application/json" }), "forecast.json"));
$("page").addEventListener("click", () => hand(new Blob([state.answer.html], { type: "text/html" }), "forecast.html"));

known().catch((error) => say(error.message));
