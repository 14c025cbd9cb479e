// What is measured of both films, as a table.
import { $ } from "./asking.js";
import { rows, signed } from "./words.js";

const SIDES = ["right", "left"], ZONES = ["upper", "middle", "lower"];
const SIGNS = [
  ["Cardiothoracic ratio", "cardiothoracic_ratio"],
  ...sided((side) => `Area, ${side} lung`, "lung_area"),
  ...sided((side) => `Apex to dome, ${side}`, "dome_height"),
  ...sided((side) => `Blunting, ${side} outer angle`, "angle_blunting"),
  ...SIDES.flatMap((side) => ZONES.map((zone) => [`Opacity, ${side} ${zone} zone`, "opacity", side, zone])),
  ...sided((side) => `Lucent without markings, ${side}`, "lucency"),
];

function sided(words, sign) {
  return SIDES.map((side) => [words(side), sign, side]);
}

// The figure at the end of a way into the record, or null.
const figure = (signs, way) => way.reduce((value, name) => value && value[name], signs) ?? null;
const changed = (value) => (value === null ? "–" : Math.abs(value) < 0.005 ? "0.00" : signed(value));
const told = (value) => (value === null ? "–" : value.toFixed(2));

export function signs(one) {
  $("signs").hidden = !one.signs;
  if (!one.signs) return;
  $("signsnote").hidden = !one.signs_note;
  $("signsnote").textContent = one.signs_note || "";
  rows($("signrows"), SIGNS.map(([words, ...way]) => {
    const [before, after, change] = ["factual", "counterfactual", "change"].map((film) => figure(one.signs[film], way));
    return [words, told(before), told(after), changed(change)];
  }));
}
