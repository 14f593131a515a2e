// A run that goes on is shown as it is now, until it is over.
"use strict";

const EVERY = 2000; // ms
const now = document.getElementById("now");

async function look() {
  try {
    const answer = await fetch(now.dataset.live);
    if (answer.ok) {
      now.innerHTML = await answer.text();
      if (answer.headers.get("X-Run-State") !== "running") return;
    }
  } catch {
    // The server may be there again the next time.
  }
  setTimeout(look, EVERY);
}

setTimeout(look, EVERY);
