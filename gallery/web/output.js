// One output: it and its original laid over each other, keys that turn pages, copying.
"use strict";

const compare = document.querySelector(".compare");
const LARGEST = 2; // times its size, on a screen that has the room
const SLACK = 8; // px that a finger moves when it does not mean to

function lay() {
  const { height, width } = compare.dataset;
  compare.style.setProperty("--ratio", width / height);
  compare.style.setProperty("--width", `${LARGEST * width}px`);
  compare.classList.add("laid");
}

function isGone(image) {
  return image.complete && !image.naturalWidth;
}

class Slider {
  constructor(compare) {
    this.compare = compare;
    this.input = Object.assign(document.createElement("input"), {
      type: "range", min: 0, max: 100, step: 1, value: 50,
    });
    this.input.setAttribute("aria-label", "How much of the original is shown");
    const handle = document.createElement("div");
    handle.className = "handle";
    handle.innerHTML = '<svg viewBox="0 0 44 44" aria-hidden="true"><path d="M17 15l-7 7 7 7M27 15l7 7-7 7" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round"/></svg>';
    compare.append(this.input, handle);
    compare.classList.add("sliding");
    this.input.addEventListener("input", () => this.show());
    compare.addEventListener("pointerdown", (event) => this.grab(event));
    compare.addEventListener("pointermove", (event) => this.drag(event));
    compare.addEventListener("pointerup", (event) => this.drag(event));
    this.show();
  }

  grab(event) {
    if (event.button !== 0) return;
    this.compare.setPointerCapture(event.pointerId);
    this.input.focus({ preventScroll: true });
    this.start = event;
    // A finger may want to scroll.
    this.isHeld = event.pointerType !== "touch";
    if (this.isHeld) this.follow(event);
    event.preventDefault();
  }

  drag(event) {
    if (!this.compare.hasPointerCapture(event.pointerId)) return;
    const across = Math.abs(event.clientX - this.start.clientX);
    const down = Math.abs(event.clientY - this.start.clientY);
    const isTap = event.type === "pointerup" && across + down < SLACK;
    this.isHeld ||= isTap || (across > SLACK && across > down);
    if (this.isHeld) this.follow(event);
  }

  follow(event) {
    const { left, width } = this.compare.getBoundingClientRect();
    this.input.value = Math.round((100 * (event.clientX - left)) / width);
    this.show();
  }

  show() {
    const share = this.input.value;
    this.compare.style.setProperty("--at", `${share}%`);
    this.input.setAttribute("aria-valuetext", `${share} % of the original`);
  }

  remove() {
    this.compare.classList.remove("sliding");
    this.compare.querySelectorAll("input, .handle").forEach((node) => node.remove());
  }
}

lay();
const before = compare.querySelector(".before");
if (before) {
  const image = before.querySelector("img");
  const slider = new Slider(compare);
  const alone = () => {
    before.remove();
    slider.remove();
  };
  if (isGone(image)) alone(); else image.addEventListener("error", alone);
}

addEventListener("keydown", (event) => {
  const isElsewhere = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
  if (isElsewhere || event.target.closest("input, select, textarea, .row, pre")) return;
  const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  if (rel) document.querySelector(`.turn a[rel=${rel}]`)?.click();
});

for (const box of document.querySelectorAll(".copied")) {
  const text = box.querySelector("pre");
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Copy" });
  button.setAttribute("aria-label", `Copy: ${box.dataset.copied}`);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.textContent.trim());
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(text); // for the person to copy
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  box.append(button);
}
