import { $, ask, png, say } from "./asking.js";
import { bar, made, row } from "./parts.js";

const state = { cohorts: [], asked: 0 };

const number = (value) => value.toLocaleString("en");

async function known() {
  const found = await (await ask("v1/cohort")).json();
  state.cohorts = found.cohorts;
  $("none").hidden = found.cohorts.length > 0;
  $("weights").textContent = found.weights;
  found.cohorts.forEach((one, i) => $("cohort").add(new Option(one.name, String(i))));
  $("choose").hidden = found.cohorts.length < 2;
  if (found.cohorts.length) show(0);
}

function facts(title, counts) {
  const list = made("dl");
  list.append(made("dt", title));
  for (const [name, count] of Object.entries(counts)) list.append(made("dd", name ? `${name}: ${number(count)}` : number(count)));
  return list;
}

function show(i) {
  const one = state.cohorts[i], most = Math.max(1, ...one.findings.map((f) => f.augmented));
  $("shown").hidden = false;
  $("seen").hidden = true;
  $("name").textContent = `${one.name}, at ${one.size} × ${one.size} pixels`;
  $("facts").replaceChildren(
    facts("Images", { "": one.images }), facts("Patients", { "": one.patients }), facts("Splits", one.splits),
    facts("Views", one.views), facts("Sex", one.sexes), facts("Age in years", one.ages),
  );
  const trains = Boolean(one.splits.train);
  $("untrained").hidden = trains;
  $("thirds").hidden = $("keys").hidden = !trains;
  $("head").replaceChildren(row(["Finding", "All splits", "Training", "After", "Training images, before and after"], true));
  $("findings").replaceChildren(...one.findings.map((f) => finding(i, f, most)));
}

function finding(i, f, most) {
  const button = made("button", f.name, "linklike"), bars = made("div", undefined, "bars");
  button.type = "button";
  button.title = `Show radiographs with ${f.name.toLowerCase()}`;
  button.disabled = f.present === 0;
  button.addEventListener("click", () => examples(i, f.name));
  const name = made("span");
  name.append(button, " ", made("span", f.part || "", "part"));
  bars.append(bar([[f.training, "main"]], most), bar([[f.training, "main"], [f.augmented - f.training, "added"]], most));
  return row([name, number(f.present), number(f.training), number(f.augmented), bars]);
}

async function examples(i, name) {
  const mine = ++state.asked;
  say("");
  try {
    const query = new URLSearchParams({ number: i, finding: name });
    const found = await (await ask(`v1/cohort/examples?${query}`)).json();
    if (mine !== state.asked) return;
    $("which").textContent = name;
    $("examples").replaceChildren(...found.images.map((data, j) => {
      const image = made("img"), button = made("button");
      image.src = png(data);
      image.alt = `${name}, example ${j + 1}`;
      button.type = "button";
      button.append(image);
      button.addEventListener("click", () => enlarge(data, image.alt));
      return button;
    }));
    $("seen").hidden = false;
    $("seen").scrollIntoView({ behavior: "smooth", block: "nearest" });
  } catch (error) { say(error.message); }
}

let opened = "";
function enlarge(data, name) {
  opened = data;
  $("largename").textContent = name;
  $("largeimage").src = png(data);
  $("largeimage").alt = name;
  $("large").showModal();
}

$("close").addEventListener("click", () => $("large").close());
// The page of edits takes it from this tab's own memory, once.
$("edit").addEventListener("click", () => {
  sessionStorage.setItem("causaray-film", opened);
  location.href = "./";
});
$("cohort").addEventListener("change", () => show(Number($("cohort").value)));
known().catch((error) => say(error.message));
