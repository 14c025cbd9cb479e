// How far the set that is read here is.
import { $, ask, say } from "./asking.js";

async function known() {
  const { images, answers } = await (await ask("reading/room/set")).json();
  $("set").textContent = `The set has ${images.length} films; ${Object.keys(answers).length} are answered.`;
}

known().catch((error) => say(error.message));
