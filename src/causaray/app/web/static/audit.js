import { $, ask, follow, png, say } from "./asking.js";
import { bar, made, row } from "./parts.js";

const state = { abort: null, report: null, html: "" };

async function known() {
  const found = await (await ask("v1/findings")).json();
  found.findings.filter((name) => name !== "No Finding").forEach((name) => $("finding").add(new Option(name, name)));
}

function ordered() {
  const fields = [["model", $("model").files[0]], ["finding", $("finding").value], ["seed", $("seed").value || "0"]];
  for (const file of $("images").files) fields.push(["image", file]);
  const stated = { model_findings: "outputs", model_range: "range", model_output: "gives", threshold: "threshold" };
  for (const [name, id] of Object.entries(stated)) if ($(id).value.trim()) fields.push([name, $(id).value.trim()]);
  return fields;
}

function working(on) {
  $("run").disabled = on;
  $("cancel").hidden = $("bar").hidden = !on;
  $("busy").textContent = on ? "Waiting for its turn …" : "";
  $("bar").removeAttribute("value");
}

const seconds = (left) => (left ? `, about ${Math.max(1, Math.round(left))} s` : "");

function step({ done, total, before, left }) {
  if (before !== undefined) {
    $("busy").textContent = before ? `Waiting: ${before} before it${seconds(left)} …` : "Waiting for its turn …";
    return;
  }
  $("bar").value = done / total;
  $("busy").textContent = `Edited ${done} of ${total} images${seconds(left)} …`;
}

$("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  say("");
  if (!$("model").files.length) { say("Choose a classifier first."); $("model").focus(); return; }
  if ($("images").files.length < 2) { say("Choose at least two radiographs."); $("images").focus(); return; }
  state.abort = new AbortController();
  working(true);
  try {
    show(await follow("v1/audit", ordered(), state.abort.signal, step));
  } catch (error) {
    say(error.name === "AbortError" ? "The audit was cancelled; nothing of it is shown." : error.message);
  } finally { working(false); }
});
$("cancel").addEventListener("click", () => state.abort && state.abort.abort());

// the result

const sign = (value) => (Math.abs(value) < 0.005 ? "" : value < 0 ? "−" : "+");
const signed = (value) => sign(value) + Math.abs(value).toFixed(2);
const share = (value) => `${Math.round(100 * value)} %`;

function figure(one, print) {
  const cell = made("span", print(one.value), "number");
  cell.append(made("span", `${print(one.low)} to ${print(one.high)}`, "interval"));
  return cell;
}

// The bars of all audits are on one scale, so that two can be compared.
function bars(one) {
  const pair = made("div", undefined, "bars");
  pair.append(bar([[one.size.value, "main"]], 1));
  if (one.control_size) pair.append(bar([[one.control_size.value, "control"]], 1));
  return pair;
}

// What makes a finding more likely although it was taken away, or the reverse.
const UPWARD = { disease: 1, added: 1, removed: -1 };
const wrong = (key, change) => UPWARD[key] && (UPWARD[key] > 0 ? change.high < 0 : change.low > 0);

function show({ report, verdict, names, worst, html }) {
  const [finding, found] = Object.entries(report.findings)[0];
  Object.assign(state, { report, html });
  $("verdict").textContent = verdict[finding];
  $("before").hidden = true;
  $("told").hidden = false;
  $("title").textContent = `What it answers to: ${finding}`;
  $("about").textContent = `${report.about.images} images, threshold ${report.about.threshold}. Mean change of the probability and share of readings that flip, with 95 % intervals.`;
  $("head").replaceChildren(row(["Perturbation", "Change", "Flips", "Size of the change"], true));
  $("measured").replaceChildren(...Object.keys(names).filter((key) => found.perturbations[key]).map((key) => {
    const one = found.perturbations[key];
    const change = figure(one.change, signed);
    if (wrong(key, one.change)) change.append(made("span", "wrong way", "flag"));
    return row([names[key], change, figure(one.flipped, share), bars(one)]);
  }));
  const told = Object.entries(found.ratio).filter(([, one]) => one && one.value !== null)
    .map(([key, one]) => `${names[key]} ${one.value.toFixed(2)} (${one.low.toFixed(2)} to ${one.high.toFixed(2)})`);
  $("ratio").textContent = told.length
    ? `Effect as a multiple of the finding's: ${told.join("; ")}.`
    : "The classifier does not answer to the finding at all, so no artifact can be compared with it.";
  $("trained").textContent = report.about.trained;
  $("cases").replaceChildren(...worst[finding].map((one) => picture(one, names[one.perturbation])));
}

function picture(one, name) {
  const figure = made("figure"), strip = made("div");
  one.images.forEach((data, i) => {
    const image = made("img"), cell = made("div");
    image.src = png(data);
    image.alt = "";
    cell.append(image, made("span", [`before: ${one.before.toFixed(2)}`, `after: ${one.after.toFixed(2)}`, "difference"][i], "part"));
    strip.append(cell);
  });
  figure.append(strip, made("figcaption", `${name}: ${one.before.toFixed(2)} → ${one.after.toFixed(2)}`));
  return figure;
}

function save(content, type, name) {
  const link = made("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

$("save").addEventListener("click", () => save(JSON.stringify(state.report, null, 1), "application/json", "audit.json"));
$("page").addEventListener("click", () => save(state.html, "text/html", "audit.html"));

$("images").addEventListener("change", () => {
  const count = $("images").files.length;
  $("named").textContent = count ? `${count} radiograph${count > 1 ? "s" : ""} chosen.` : "2 to 24 frontal chest radiographs: PNG, JPEG or DICOM.";
});

known().catch((error) => say(error.message));
