// Pictures in rows of even height; only those near the window are in the document.
"use strict";

const list = document.getElementById("grid");
const GAP = 16;
const CAPTION = 44; // px below each picture

function tallness() {
  return window.innerWidth < 600 ? 150 : window.innerWidth < 1500 ? 220 : 260;
}

// Boxes of the cards from `first` on, whose row begins at `top`. The last row may be a part
// of one: where it begins is told, so that the next cards complete it.
function arranged(cards, first, top, width) {
  const boxes = [];
  let row = [], ratios = 0;
  const close = (tall) => {
    let left = 0;
    for (const ratio of row) {
      boxes.push({ left, top, wide: ratio * tall, tall });
      left += ratio * tall + GAP;
    }
    top += tall + CAPTION + GAP;
  };
  for (let index = first; index < cards.length; index++) {
    row.push(cards[index].ratio);
    ratios += cards[index].ratio;
    const tall = (width - GAP * (row.length - 1)) / ratios;
    if (tall <= tallness()) {
      close(tall);
      row = [];
      ratios = 0;
    }
  }
  const open = { first: cards.length - row.length, top };
  if (row.length) close(tallness());
  return { boxes, open, height: top };
}

class Grid {
  constructor(list, source) {
    this.list = list;
    this.source = source;
    this.cards = [];
    this.boxes = [];
    this.shown = new Map();
    this.loading = null;
    list.replaceChildren();
    list.classList.add("even");
    new ResizeObserver(() => this.arrange()).observe(list);
    addEventListener("scroll", () => this.later(), { passive: true });
  }

  add(cards) {
    for (const card of cards) this.cards.push(card);
    this.arrange(this.open);
  }

  // Whole rows above `open` stay as they are.
  arrange({ first, top } = { first: 0, top: 0 }) {
    if (!this.list.clientWidth) return;
    const { boxes, open, height } = arranged(this.cards, first, top, this.list.clientWidth);
    this.boxes.length = first;
    for (const box of boxes) this.boxes.push(box);
    this.open = open;
    this.list.style.height = `${height}px`;
    for (const [index, node] of this.shown) if (index >= first) place(node, this.boxes[index]);
    this.show();
  }

  later() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.show();
    });
  }

  // Cards within a window's height of the window.
  range() {
    const from = -this.list.getBoundingClientRect().top - innerHeight;
    const first = this.after(from);
    return [first, this.after(from + 3 * innerHeight)];
  }

  // The first card whose row ends below this height.
  after(height) {
    let low = 0, high = this.boxes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const { top, tall } = this.boxes[middle];
      if (top + tall + CAPTION < height) low = middle + 1; else high = middle;
    }
    return low;
  }

  show() {
    const [first, end] = this.range();
    for (const [index, node] of this.shown) {
      if ((index < first || index >= end) && !node.contains(document.activeElement)) {
        node.remove();
        this.shown.delete(index);
      }
    }
    let following = null;
    for (let index = Math.min(end, this.cards.length) - 1; index >= first; index--) {
      const node = this.shown.get(index) ?? this.make(index);
      if (!node.isConnected) this.list.insertBefore(node, following);
      following = node;
    }
    if (end >= this.cards.length) this.more();
  }

  make(index) {
    const node = element(this.cards[index].html);
    node.setAttribute("aria-posinset", index + 1);
    node.setAttribute("aria-setsize", this.source.isDone ? this.cards.length : -1);
    place(node, this.boxes[index]);
    this.shown.set(index, node);
    return node;
  }

  async more() {
    if (this.source.isDone || this.loading) return this.loading;
    this.loading = this.take();
    await this.loading;
    this.loading = null;
    this.later();
    if (this.source.isDone && !this.cards.length) say("No picture is like this.");
  }

  async take() {
    try {
      this.add(await this.source.next());
      say("");
    } catch {
      say("More pictures cannot be had now; it is tried again.");
      await new Promise((resolve) => setTimeout(resolve, 3000));
    }
  }
}

function say(what) {
  const status = document.getElementById("status");
  status.textContent = what;
  status.classList.toggle("unseen", !what);
}

function place(node, { left, top, wide, tall }) {
  Object.assign(node.style, {
    left: `${left}px`, top: `${top}px`, width: `${wide}px`, height: `${tall + CAPTION}px`,
  });
  node.style.setProperty("--tall", `${tall}px`);
}

function element(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

// The cards of a list, and the query of those that follow it.
function read(nodes) {
  const cards = [];
  let query = null;
  for (const node of nodes) {
    const image = node.querySelector("img");
    if (image) {
      const ratio = Number(image.getAttribute("width")) / Number(image.getAttribute("height"));
      cards.push({ html: node.outerHTML, ratio });
    } else {
      query = node.querySelector("[data-query]").dataset.query;
    }
  }
  return { cards, query };
}

// What a server answers, from the query of one part to the next.
class Served {
  constructor(query) {
    this.query = query;
  }

  get isDone() {
    return !this.query;
  }

  async next() {
    const answer = await fetch(`cards?${this.query}`);
    if (!answer.ok) throw new Error(answer.statusText);
    const { cards, query } = read(new DOMParser().parseFromString(`<ol>${await answer.text()}</ol>`, "text/html").querySelectorAll("li"));
    this.query = query;
    return cards;
  }
}

// Whoever comes back finds as many cards as were there, and the same place among them.
async function begin(grid) {
  const { count = 0, place = 0 } = history.state ?? {};
  history.scrollRestoration = "manual";
  let timer;
  addEventListener("scroll", () => {
    clearTimeout(timer);
    timer = setTimeout(() => history.replaceState({ count: grid.cards.length, place: scrollY }, ""), 150);
  }, { passive: true });
  while (grid.cards.length < count && !grid.source.isDone) await grid.more();
  if (place) scrollTo(0, place);
}

if (list) {
  const { cards, query } = read([...list.children]);
  const isWritten = Boolean(list.dataset.scripts);
  const source = isWritten ? new Written(Number(list.dataset.scripts)) : new Served(query);
  const grid = new Grid(list, source);
  if (!isWritten) grid.add(cards);
  begin(grid).then(() => grid.show());
}

const form = document.querySelector("form.search");
const isFiltered = form.querySelector(".chips li");
form.querySelector("details").open = isFiltered && matchMedia("(min-width: 900px)").matches;
form.addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) if (!value) formData.delete(name);
});
