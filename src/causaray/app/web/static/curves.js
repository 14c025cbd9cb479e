// Curves of what may come: of each outcome the mean under each treatment, and the interval around it, over the days.
import { made } from "./parts.js";
import { svg, text } from "./svg.js";

const WIDE = 420, HIGH = 190, LEFT = 38, RIGHT = 8, TOP = 10, BASE = 162;
export const ARMS = 6; // treatments that are told apart by colour and dashes

// record: {days, interval, arms: {name: {outcome: {value, low, high}}}}; ends: lowest and highest value of the axis.
export function curves({ days, arms }, outcome, title, [low, high]) {
  const last = days[days.length - 1], picture = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img" });
  const x = (day) => LEFT + ((WIDE - LEFT - RIGHT) * day) / last;
  const y = (value) => BASE - ((BASE - TOP) * (value - low)) / (high - low);
  const points = (values) => values.map((value, i) => `${x(days[i]).toFixed(1)},${y(value).toFixed(1)}`);
  const said = [];
  picture.append(svg("line", { class: "axis", x1: LEFT, x2: WIDE - RIGHT, y1: y(Math.max(low, 0)), y2: y(Math.max(low, 0)) }));
  Object.entries(arms).forEach(([arm, found], i) => {
    const one = found[outcome], ends = [one.value, one.low, one.high].map((values) => values[values.length - 1].toFixed(2));
    picture.append(
      svg("polygon", { class: `band arm${i}`, points: [...points(one.low), ...points(one.high).reverse()].join(" ") }),
      svg("polyline", { class: `mean arm${i}`, points: points(one.value).join(" ") }),
    );
    said.push(`${arm} ${ends[0]} (${ends[1]} to ${ends[2]})`);
  });
  picture.append(
    svg("line", { class: "at", x1: LEFT, x2: LEFT, y1: TOP, y2: BASE }),
    text(LEFT - 4, y(high) + 8, high.toFixed(2), "end"), text(LEFT - 4, y(low), low.toFixed(2), "end"),
    text(LEFT, HIGH - 8, "day 0"), text(WIDE - RIGHT, HIGH - 8, `day ${last}`, "end"),
  );
  picture.setAttribute("aria-label", `${title}, on day ${last}: ${said.join("; ")}`);
  const figure = made("figure");
  figure.append(made("figcaption", title), picture);
  return { figure, at: (day) => ["x1", "x2"].forEach((end) => picture.querySelector(".at").setAttribute(end, x(day))) };
}

// The ends of an axis that holds the range and all values, which may leave it.
export function ends(arms, outcome, range) {
  const values = Object.values(arms).flatMap((found) => [...found[outcome].low, ...found[outcome].high]);
  return [Math.min(...range, ...values), Math.max(...range, ...values)];
}
