import { $, ask, follow, hand, png, say } from "./asking.js";
import { bar, made, row } from "./parts.js";
import { tell, working } from "./progress.js";

const state = { abort: null, report: null, html: "", reading: 0 };
const STATED = { model_findings: "outputs", model_range: "range", model_output: "gives", threshold: "threshold" };
const UNKNOWN = "Its findings are read from the classifier, when one is chosen.";

// The findings that can be audited are those of the classifier, once it is chosen and can be read.
async function known() {
  const mine = ++state.reading, file = $("model").files[0];
  say("", "modelerror");
  $("finding").replaceChildren();
  $("finding").disabled = true;
  $("which").textContent = file ? "The classifier is read …" : UNKNOWN;
  if (!file) return;
  try {
    const { findings } = await (await ask("auditable", [["model", file], ...stated()])).json();
    if (mine !== state.reading) return;
    $("finding").replaceChildren(...findings.map((name) => new Option(name, name)));
    $("finding").disabled = false;
    $("which").textContent = `${findings.length} of its findings can be shown by the editor.`;
  } catch (error) {
    if (mine !== state.reading) return;
    $("which").textContent = UNKNOWN;
    say(error.message.replace("--model-findings", "the field for its outputs"), "modelerror");
  }
}

function stated() {
  return Object.entries(STATED).map(([name, id]) => [name, $(id).value.trim()]).filter(([, value]) => value);
}

function ordered() {
  const fields = [["model", $("model").files[0]], ["finding", $("finding").value], ["seed", $("seed").value || "0"]];
  for (const file of $("images").files) fields.push(["image", file]);
  return [...fields, ...stated()];
}

const editing = (done, total) => `Edited ${done} of ${total} images`;

$("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  say("");
  if (!$("finding").value) {
    if (!$("modelerror").textContent) say($("model").files.length ? "The classifier is still being read." : "Choose a classifier first.", "modelerror");
    $("model").focus();
    return;
  }
  if ($("images").files.length < 2) { say("Choose at least two radiographs.", "imageserror"); $("images").focus(); return; }
  $("told").hidden = true;
  state.abort = new AbortController();
  working(true);
  try {
    show(await follow("v1/audit", ordered(), state.abort.signal, (line) => tell(line, editing)));
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

$("save").addEventListener("click", () => hand(new Blob([JSON.stringify(state.report, null, 1)], { type: "application/json" }), "audit.json"));
$("page").addEventListener("click", () => hand(new Blob([state.html], { type: "text/html" }), "audit.html"));

$("images").addEventListener("change", () => {
  const count = $("images").files.length;
  say("", "imageserror");
  $("named").textContent = count ? `${count} radiograph${count > 1 ? "s" : ""} chosen.` : "2 to 24 frontal chest radiographs: PNG, JPEG or DICOM.";
});

for (const id of ["model", ...Object.values(STATED)]) $(id).addEventListener("change", known);
known(); // after Back the browser still has it
