// That a driver waits and nobody acts: a chime, a vibration and the title, every five seconds.
import { find } from "./elements.js";
import { recall, remember } from "./kept.js";
import { text } from "./settings.js";

const EVERY = 5000;
const PREFERENCE = "scones-sound";
const still = matchMedia("(prefers-reduced-motion: reduce)");
const plain = document.title;
const button = find("sound");
let wanted = recall(PREFERENCE) !== "off";
let sound = null;
let rung = 0;
let calling = "";

// A browser lets a page sound only after somebody has touched it.
export function unlock() {
  if (!wanted || navigator.userActivation?.isActive === false) return;
  if (!sound) {
    sound = new AudioContext();
    sound.addEventListener("statechange", write);
  }
  if (sound.state === "suspended") sound.resume();
}

function write() {
  button.setAttribute("aria-pressed", String(wanted));
  const runs = sound?.state === "running";
  if (wanted) button.textContent = text(runs ? "sound_on" : "sound_touch");
  else button.textContent = text("sound_off");
}

button.addEventListener("click", () => {
  wanted = !wanted;
  remember(PREFERENCE, wanted ? "on" : "off");
  write();
  unlock();
  if (wanted) chime();
});

function chime() {
  if (!wanted || sound?.state !== "running") return;
  [660, 880].forEach((pitch, place) => {
    const [tone, volume, from] = [sound.createOscillator(), sound.createGain(), sound.currentTime + place * 0.18];
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, from);
    volume.gain.exponentialRampToValueAtTime(0.25, from + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, from + 0.35);
    tone.connect(volume).connect(sound.destination);
    tone.start(from);
    tone.stop(from + 0.4);
  });
  performance.mark("chime");
}

/** So many drivers call for somebody; none: be silent. */
export function attend(drivers) {
  calling = drivers ? `● ${text(drivers === 1 ? "waits_one" : "waits_many", { count: drivers })}` : "";
  if (!calling) {
    rung = 0;
    document.title = plain;
    delete document.documentElement.dataset.rings;
    return;
  }
  document.documentElement.dataset.rings = "yes";
  if (still.matches) document.title = calling;
  if (Date.now() - rung < EVERY) return;
  rung = Date.now();
  chime();
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([200, 100, 200]);
}

setInterval(() => {
  if (calling && !still.matches) document.title = document.title === plain ? calling : plain;
}, 1000);
write();
