// A run that goes on is shown as it is now, until it is over.
"use strict";

const EVERY = 2000; // ms
const now = document.getElementById("now");

async function look() {
  try {
    const answer = await fetch(now.dataset.live);
    const text = await answer.text();
    // Whoever reads on from a link in it is not taken away from there.
    if (answer.ok && !now.contains(document.activeElement)) now.innerHTML = text;
    const state = answer.headers.get("X-Run-State");
    if (answer.ok && state !== "running") {
      document.getElementById("status").textContent = `The run is ${state}.`;
      if (!now.contains(document.activeElement)) return;
    }
  } catch {
    // The server may be there again the next time.
  }
  setTimeout(look, EVERY);
}

setTimeout(look, EVERY);
